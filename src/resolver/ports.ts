// What the resolver needs from outside. Everything comes in here; it imports no room that does I/O.

import type { Answer, Question } from '../dns/answer.ts'
import type { Name } from '../dns/name.ts'
import type { Client } from '../policy/client.ts'
import type { Policy } from '../policy/policy.ts'
import type { Screened, Verdict } from '../policy/verdict.ts'
import type { BudgetLimits, Overspending } from './budget.ts'
import type { Ledger } from './ledger.ts'

export type Address = Answer['addresses'][number]
export type { Client, Policy, Question, Verdict }

/** Kept with each answer; only leases know what it means. */
export interface LeaseHolder {
  readonly generation: number
}

export interface LeaseRequest {
  readonly client: Client
  readonly source: Address
  readonly name: Name
  readonly addresses: readonly Address[]
  readonly ttlSeconds: number
  readonly stale: boolean
  readonly revision: string
}

export interface Leases {
  covers(holder: LeaseHolder, client: Client, until: number): boolean
  /** Rejects with an error that carries `reason` when the addresses are not known to be open. */
  open(holder: LeaseHolder, request: LeaseRequest): Promise<void>
}

export interface Upstream {
  /** Rejects with an error that carries `kind` when no server answered; with RcodeError or WireError when none had an answer that can be used. */
  exchange(question: Question): Promise<{ readonly answer: Answer }>
}

/** What the log wants to know. Called when something is first seen, never for every query. */
export interface Observer {
  /** Once for each name and view as long as it is remembered, and once more for a type that its rules do not allow. Audited verdicts too. */
  onDenied(client: Client, name: Name, type: number, verdict: Verdict): void
  /** An address was taken out of an answer: for each of them, and there may be thousands. */
  onScreened(client: Client, name: Name, address: Address, reason: Screened): void
  /** A client has spent its budget below a wildcard. Once in its hour. */
  onOverspent(overspending: Overspending): void
  /** An upstream response could not be used, or none came. */
  onForwardFailure(question: Question, error: Error): void
}

export interface ResolverOptions {
  /** In force at start; `replacePolicy` brings the next. */
  readonly policy: Policy
  readonly upstream: Upstream
  readonly leases: Leases
  createLeaseHolder(): LeaseHolder
  /** Is it one of this host's own? */
  isOwnAddress(address: Address): boolean
  /** The IPv4 address that the network makes of an IPv6 one, where it translates. */
  translated(address: Address): Address | undefined
  /** False where answers open nothing: for the gateway's own lookups. */
  needsLease(client: Client): boolean
  /** Milliseconds since the epoch. Never steps: spans are measured by it. */
  now(): number
  /** The same, as administrators and NTP say: the days of `until=` end by it. */
  wallClock(): number
  readonly observer: Observer
  /** Above every TTL handed out; at most the longest lease less the margin. */
  readonly maxTtlSeconds: number
  /** How long a lease must outlive the TTL handed out: clients connect late, and some go on using what they were told. */
  readonly leaseMarginSeconds: number
  /** For how long beyond its TTL an answer is handed out when upstream has no news; zero: never. */
  readonly staleSeconds: number
  /** Are names in use asked for anew shortly before they expire? */
  readonly prefetch: boolean
  /** For each client and wildcard. */
  readonly budget: BudgetLimits
  /** What has been spent of it. */
  readonly ledger: Ledger
  /** For answers and verdicts together. */
  readonly cacheOctets: number
  /** Do denials and failures tell their reason in words? The code of the Extended DNS Error is there in any case. */
  readonly explain: boolean
  /** How long a query may wait for the updater to hold the same policy. */
  readonly deadlineMs: number
}
