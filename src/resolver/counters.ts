import { TYPE, typeName } from '../dns/vocabulary.ts'
import type { Verdict } from '../policy/verdict.ts'

/** URI, CAA and what is assigned after them. */
const OTHER_TYPE = 256
const SLOTS = OTHER_TYPE + 1
const MNEMONICS: ReadonlySet<string> = new Set(Object.keys(TYPE).filter((mnemonic) => TYPE[mnemonic as keyof typeof TYPE] < OTHER_TYPE))

export const QUERY_VERDICTS = ['allow', 'audit', 'deny'] as const
export type QueryVerdict = (typeof QUERY_VERDICTS)[number]
/** How many queries, of whatever type. */
export type VerdictCounts = Record<QueryVerdict, number>

/** What has happened since start. Plain numbers, raised in place: metrics read them, the hot path allocates nothing for them. */
export interface Counters {
  /** Allowed by policy, whatever came of it; audited ones included. */
  allowed: number
  denied: number
  /** Would have been denied but for audit mode. */
  audited: number
  /** The same by type, where a denied type of an allowed name is denied. The last slot of each has every type beyond those of OTHER_TYPE. */
  readonly queries: Readonly<Record<QueryVerdict, Float64Array>>
  /** What upstream had said was in the cache. */
  hits: number
  /** It was not, and upstream was asked, or waited for together with others. */
  misses: number
  /** Had to wait for upstream, or for an address to be opened. */
  pending: number
  /** Exchanges with upstream; identical questions share one. */
  forwarded: number
  /** Exchanges that brought nothing usable. */
  forwardFailures: number
  /** Wanted more of a wildcard than its budget has; denied only where that is enforced. */
  overBudget: number
  /** Asked anew before their end, because somebody asked shortly before it. */
  refreshed: number
  /** Asked anew in the background, because a client uses the address. */
  renewed: number
  /** Left out for the time being, because too many of the client's or of all wait. */
  notRenewed: number
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
    queries: { allow: new Float64Array(SLOTS), audit: new Float64Array(SLOTS), deny: new Float64Array(SLOTS) },
    hits: 0,
    misses: 0,
    pending: 0,
    forwarded: 0,
    forwardFailures: 0,
    overBudget: 0,
    refreshed: 0,
    renewed: 0,
    notRenewed: 0,
    stale: 0,
    leaseFailures: 0,
    screened: 0,
    servfail: 0,
    rejected: 0,
    ignored: 0,
  }
}

export function createVerdictCounts(): VerdictCounts {
  return { allow: 0, audit: 0, deny: 0 }
}

/** Hot path. `isTypeDenied`: the name is allowed, the type is not. `isOverBudget`: the name would be allowed. `own`: of the client. */
export function countQuery(
  counters: Counters,
  own: VerdictCounts | undefined,
  verdict: Verdict,
  type: number,
  isTypeDenied: boolean,
  isOverBudget: boolean,
): void {
  const isDenied = verdict.kind === 'deny' || isOverBudget
  if (isDenied) counters.denied++
  else counters.allowed++
  if (!isDenied && verdict.audited !== undefined) counters.audited++
  const counted = isDenied || isTypeDenied ? 'deny' : verdict.audited === undefined ? 'allow' : 'audit'
  counters.queries[counted][Math.min(type, OTHER_TYPE)]!++
  if (own !== undefined) own[counted]++
}

export interface QueryCount {
  readonly verdict: QueryVerdict
  /** A mnemonic, or "other": whoever asks must not be able to make as many rows as there are types. */
  readonly type: string
  readonly count: number
}

/** What has been asked for so far. */
export function listQueries({ queries }: Pick<Counters, 'queries'>): readonly QueryCount[] {
  return QUERY_VERDICTS.flatMap((verdict) => {
    const counts = new Map<string, number>()
    queries[verdict].forEach((count, slot) => {
      const type = MNEMONICS.has(typeName(slot)) ? typeName(slot) : 'other'
      if (count > 0) counts.set(type, (counts.get(type) ?? 0) + count)
    })
    return Array.from(counts, ([type, count]) => ({ verdict, type, count }))
  })
}

/** Passes on the length of the reply, 0 for none. */
export function countRejection(counters: Counters, length: number): number {
  if (length === 0) counters.ignored++
  else counters.rejected++
  return length
}
