// What has happened since the start, for `status` and metrics.

import { createLatency, type Latency } from '../latency.ts'
import type { RefusalReason } from '../leases/protocol.ts'

export interface Counters {
  opened: number
  readonly refused: Record<RefusalReason, number>
  /** Transactions with leases in them. */
  commits: number
  /** How long the kernel took for them, where there was something to write. */
  readonly commitLatency: Latency
  /** Transactions that the kernel refused, or whose sets were full. */
  commitFailures: number
  /** Transactions of any kind that took long. */
  slowWrites: number
  /** Grants that a change of policy took back. */
  revoked: number
  /** Grants that ended early, because their name had more addresses than it may. */
  displaced: number
  /** Times that a client was found with as many flows as it may have. */
  crowds: number
  /** Flows ended with them. */
  endedFlows: number
  /** Times that flows ended untold, because too many ended at once: what they carried last is in no figure. */
  missedEnds: number
  /** Times that the kernel had to be brought back into step. */
  restores: number
  /** Connections that were turned away or hung up on. */
  rejectedPeers: number
}

export function createCounters(): Counters {
  const refused = { revision: 0, policy: 0, address: 0, limit: 0, kernel: 0 }
  return {
    opened: 0,
    refused,
    commits: 0,
    commitLatency: createLatency(),
    commitFailures: 0,
    slowWrites: 0,
    revoked: 0,
    displaced: 0,
    crowds: 0,
    endedFlows: 0,
    missedEnds: 0,
    restores: 0,
    rejectedPeers: 0,
  }
}
