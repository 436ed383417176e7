import type { Verdict } from '../policy/verdict.ts'

/** What has happened since start. Plain numbers, raised in place: metrics read them, the hot path allocates nothing for them. */
export interface Counters {
  /** Allowed by policy, whatever came of it; audited ones included. */
  allowed: number
  denied: number
  /** Would have been denied but for audit mode. */
  audited: number
  /** Answered at once from what was known. */
  hits: number
  /** Had to wait for upstream, or for an address to be opened. */
  pending: number
  /** Exchanges with upstream; identical questions share one. */
  forwarded: number
  /** Exchanges that brought nothing usable. */
  forwardFailures: number
  /** Asked anew before their end, because somebody asked shortly before it. */
  refreshed: number
  /** Answers beyond their time, for want of a newer one. */
  stale: number
  /** Answers held back because their addresses could not be opened. */
  leaseFailures: number
  /** Addresses taken out of answers. */
  screened: number
  servfail: number
  /** Malformed, unknown opcode, EDNS version or class. */
  rejected: number
  /** Responses and fragments: no reply at all. */
  ignored: number
}

export function createCounters(): Counters {
  return {
    allowed: 0,
    denied: 0,
    audited: 0,
    hits: 0,
    pending: 0,
    forwarded: 0,
    forwardFailures: 0,
    refreshed: 0,
    stale: 0,
    leaseFailures: 0,
    screened: 0,
    servfail: 0,
    rejected: 0,
    ignored: 0,
  }
}

export function countVerdict(counters: Counters, verdict: Verdict): void {
  if (verdict.kind === 'deny') counters.denied++
  else {
    counters.allowed++
    if (verdict.audited !== undefined) counters.audited++
  }
}

/** Passes on the length of the reply, 0 for none. */
export function countRejection(counters: Counters, length: number): number {
  if (length === 0) counters.ignored++
  else counters.rejected++
  return length
}
