// What the enforcer is given, and what it promises.

import type { OpenReply, OpenRequest } from '../leases/protocol.ts'
import type { Conntrack } from '../linux/conntrack.ts'
import type { Logger } from '../log.ts'
import type { Address } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import type { Policy } from '../policy/policy.ts'
import type { LeaseBook } from './book.ts'
import type { Counters } from './counters.ts'
import type { Firewall } from './firewall.ts'
import type { FormerNames } from './former-names.ts'
import type { Opening } from './lease.ts'
import type { LeaseLimits } from './options.ts'
import type { RulesInForce } from './rulebook.ts'

export interface EnforcerOptions {
  readonly firewall: Firewall
  /** Undefined where nothing is enforced. */
  readonly conntrack: Conntrack | undefined
  /** Of the flows that our rules let begin. */
  readonly flowMark: number
  readonly limits: LeaseLimits
  readonly log: Logger
  readonly wallClock: () => number
  readonly leaseClock: () => number
  rules(): RulesInForce
  /** As of the last look at the zone files. */
  areFilesBroken?(): boolean
  /** Clients have lost these prefixes, which the policy of before knows. */
  onLeaving?(prefixes: readonly Prefix[], before: Policy): void
  /** The flows of the same prefixes have ended. */
  onLeft?(prefixes: readonly Prefix[]): void
  /** What was acknowledged under another generation may be open no longer. */
  onGeneration(generation: number): void
}

export interface Enforcer {
  readonly book: LeaseBook
  readonly counters: Counters
  /** Who had what open by which name, and has no longer. */
  readonly former: FormerNames
  /** Random at each start, so that a restart is a new generation too: asking again is cheap, and comments may have dropped names. */
  readonly generation: number
  /** Are kernel and book known to agree? While not, nothing is opened. */
  readonly isInStep: boolean
  /** At the start: takes over what it finds, as far as the policy of now allows. Throws what the kernel says. */
  adopt(): void
  /** One reply a request; the kernel has acknowledged what is `open`. */
  open(requests: readonly OpenRequest[]): readonly OpenReply[]
  /** Lengthens what grants hold already. What the kernel refuses stays as it is. */
  extend(openings: readonly Opening[]): void
  /** No flow is left to any other address than these: what has lapsed need not be remembered for revocation. */
  forgetLapsed(destinations: ReadonlySet<Address>): void
  /** So much has lapsed that it is time to look whether flows are left. */
  readonly isCrowded: boolean
  /** To be called before, and followed at once by `enforce` when it resolves: takes its time, and gives others theirs. */
  prepare(next: RulesInForce): Promise<void>
  /** The rules are others, or say something else by now. */
  enforce(): void
  /** Resolves when nothing is open any more of clients that have gone, and the flows of what was closed have ended, or cannot be ended at present. */
  flowsEnded(): Promise<void>
  /** To be called every TICK_MS: ends leases, notices what others did, mends. */
  tick(): void
  close(): Promise<void>
}
