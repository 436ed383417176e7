import type { ServerCounters } from './counters.ts'
import type { Gate } from './gate.ts'
import type { SocketKeeper } from './keeper.ts'
import type { Reception } from './reception.ts'

/** A longer query is cut, and so malformed. */
export const UDP_QUERY_OCTETS = 4096
/** What fits the largest reply over UDP; longer ones are truncated before. */
export const UDP_REPLY_OCTETS = 1500

/** Bursts wait in the kernel, as far as net.core.rmem_max allows. */
export const SOCKET_BUFFER_OCTETS = 1 << 20

/** A socket that answers queries. */
export interface UdpListener {
  readonly port: number
  close(): Promise<void>
}

/** What the sockets of all endpoints share. */
export interface Service {
  readonly reception: Reception
  readonly counters: ServerCounters
  /** TCP connections. */
  readonly connections: Gate
  /** A connection without queries in flight is closed after this. */
  readonly idleMs: number
  /** Whether datagrams are read and sent in batches. */
  readonly batches: boolean
  readonly keeper: SocketKeeper
}
