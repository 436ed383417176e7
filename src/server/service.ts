import type { ServerCounters } from './counters.ts'
import type { Gate } from './gate.ts'
import type { Reception } from './reception.ts'

/** What the sockets of all endpoints share. */
export interface Service {
  readonly reception: Reception
  readonly counters: ServerCounters
  /** TCP connections, by source address. */
  readonly connections: Gate
  /** A connection without queries in flight is closed after this. */
  readonly idleMs: number
}
