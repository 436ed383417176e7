// What the updater asks of whatever holds the elements. Two answers: the kernel (kernel.ts), and nothing at all (memory).

import type { Probes } from '../linux/nftables/probe.ts'
import type { PortRange } from '../net/port.ts'
import type { Specify } from './judge.ts'
import type { Change, Element, ElementSpec, ElementWrite, EndedElement, Name } from './lease.ts'
import type { RulesInForce } from './rulebook.ts'
import type { EgressRange, Pair } from './ruleset/description.ts'
import type { Recorded, RecordKey } from './ruleset/record.ts'
import type { RecordKind } from './ruleset/sets.ts'

/** An element of ours, as the kernel has it. `until` on the lease clock. */
export interface FoundElement {
  readonly spec: ElementSpec
  readonly comment: string
  /** That the comment lists. */
  readonly names: readonly Name[]
  readonly until: number
}

/** What is in the kernel, to be read from its beginning. */
export interface Leftovers {
  /** A slice a step: while sets change, some are told twice or not at all. Throws NetlinkError. */
  readonly slices: Iterable<readonly ElementSpec[]>
  /** To be awaited before the next slice, which then takes no time to read; need not be. Rejects with SystemError. */
  fetch(): Promise<void>
  close(): void
}

/** What the kernel is to enforce beside the elements. */
export interface Orders extends RulesInForce {
  /** Closed lately, and flows of it may still be there: they are judged anew. */
  readonly revoked: readonly Pair[]
}

export type Protection = 'owner' | 'lock' | 'none'

export interface Firewall {
  readonly probes: Probes | undefined
  readonly protection: Protection
  readonly specify: Specify
  /** What is missing for any lease to be opened; undefined: nothing. */
  obstacle(): string | undefined
  /** What an earlier updater had closed, and perhaps not yet ended the flows of. */
  closed(): readonly ElementSpec[]
  /** Ranges of ports, some twice, that were opened under an earlier updater, if not under this one. Throws NetlinkError. */
  ranges(): readonly PortRange[]
  /** What is there of our elements. */
  leftovers(): Leftovers
  /** Those of them that are there at this moment. Throws NetlinkError. */
  look(specs: readonly ElementSpec[], now: number): readonly FoundElement[]
  /** Looks again at what others provide: mirror sets. True: what `specify` says may differ from now on. */
  lookUp(): boolean
  /** Makes the kernel what rules and elements say, whatever is there: a difference where it can, whole where it must. Throws NetlinkError. */
  synchronise(orders: Orders, elements: readonly Element[], wall: number, now: number): void
  /** The same where the kernel is as we left it but for `change`: costs no more than the change. False: it is not, synchronise. Throws NetlinkError. */
  apply(orders: Orders, change: Change, wall: number, now: number): boolean
  /** Somebody may have changed our rules: `apply` writes all of them. */
  doubt(): void
  /** One transaction, acknowledged on return. Throws NetlinkError, and then nothing of it is in force. */
  write(writes: readonly ElementWrite[], now: number): void
  /** Deletes elements that the kernel has not dropped by itself. Throws NetlinkError. */
  drop(ended: readonly EndedElement[], now: number): void
  /** Flows of what was closed have ended: none is judged anew any longer, or another that outlasts its lease would be refused. Throws NetlinkError. */
  acquit(): void
  /** Looks for what others did meanwhile. True: synchronise. */
  poll(): boolean
  /** Has something changed outside of the table that its rules depend on? True: apply the rules again. */
  hasMoved(): boolean
  /** By which source address who leaves, as the table has it. */
  egress(): readonly EgressRange[]
  /** What the rules have recorded, a slice a step. Throws NetlinkError. */
  records(kind: RecordKind): Iterable<readonly Recorded[]>
  /** Takes these out of what is recorded of that kind. Throws NetlinkError. */
  forget(kind: RecordKind, keys: readonly RecordKey[]): void
  /** Everything in the kernel stays. */
  close(): void
}

/** Keeps nothing, guards nothing. */
export function createMemoryFirewall(): Firewall {
  return {
    probes: undefined,
    protection: 'none',
    specify: () => [],
    obstacle: () => undefined,
    closed: () => [],
    ranges: () => [],
    leftovers: () => ({ slices: [], fetch: async () => {}, close: () => {} }),
    look: () => [],
    lookUp: () => false,
    synchronise: () => {},
    apply: () => true,
    doubt: () => {},
    write: () => {},
    drop: () => {},
    acquit: () => {},
    poll: () => false,
    hasMoved: () => false,
    egress: () => [],
    records: () => [],
    forget: () => {},
    close: () => {},
  }
}
