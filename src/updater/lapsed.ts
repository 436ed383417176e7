// Grants whose lease has ended while their flows go on, as established flows may. Remembered, so that a revocation ends those too.

import type { Address } from '../net/address.ts'
import { formatPortRange } from '../net/port.ts'
import { type ElementSpec, type Ended, type Holder, isSameElement, type Name } from './lease.ts'
import type { Pair } from './ruleset/description.ts'

export interface LapsedGrants {
  add(grants: readonly Ended[]): void
  /** Had it been open, and does the policy still allow it? */
  has(spec: ElementSpec): boolean
  /** Had anything been open there that the policy still allows? */
  leadsTo(pair: Pair): boolean
  /** Judges those of clients concerned anew; returns what they had open and may no longer. */
  rejudge(judge: (holder: Holder) => readonly ElementSpec[] | undefined, concern: (source: Address) => boolean): readonly ElementSpec[]
  /** Forgets those to whose addresses no flow is left. */
  prune(destinations: ReadonlySet<Address>): void
  /** So much has been added since that it is time to prune again. */
  readonly isCrowded: boolean
}

interface Lapsed {
  readonly holder: Holder
  readonly specs: readonly ElementSpec[]
}

/** That opened the same for the same source: of a wildcard there is no end of names, and while one is allowed its flows may go on. */
const MOST_NAMES = 16
/** Destinations. */
const MOST_ADDED = 65_536

export function createLapsedGrants(): LapsedGrants {
  /** By destination, then by whose and what was open, then by which name: what lapses again and again is remembered once. */
  const lapsed = new Map<Address, Map<string, Map<Name, Lapsed>>>()
  let left = 0

  function add(grant: Ended): void {
    const there = lapsed.get(grant.address) ?? new Map<string, Map<Name, Lapsed>>()
    lapsed.set(grant.address, there)
    const text = `${grant.source} ${portsOf(grant)}`
    const named = there.get(text) ?? new Map<Name, Lapsed>()
    there.set(text, named)
    named.delete(grant.name)
    named.set(grant.name, { holder: grant, specs: grant.specs })
    const [oldest] = named.keys()
    if (named.size > MOST_NAMES) named.delete(oldest!)
  }

  function rejudge(
    judge: (holder: Holder) => readonly ElementSpec[] | undefined,
    concern: (source: Address) => boolean,
  ): readonly ElementSpec[] {
    const gone: ElementSpec[] = []
    for (const [destination, there] of lapsed) {
      for (const [text, named] of there) {
        for (const [name, { holder, specs }] of named) {
          if (!concern(holder.source)) continue
          const allowed = judge(holder) ?? []
          const kept = specs.filter((spec) => allowed.some((other) => isSameElement(spec, other)))
          gone.push(...specs.filter((spec) => !kept.includes(spec)))
          if (kept.length > 0) named.set(name, { holder, specs: kept })
          else named.delete(name)
        }
        if (named.size === 0) there.delete(text)
      }
      if (there.size === 0) lapsed.delete(destination)
    }
    return gone
  }

  function* specsAt(destination: Address): Generator<ElementSpec> {
    for (const named of lapsed.get(destination)?.values() ?? []) for (const { specs } of named.values()) yield* specs
  }

  return {
    add: (grants) => grants.forEach(add),
    has: (spec) => specsAt(spec.lease.destination).some((other) => isSameElement(spec, other)),
    leadsTo: ({ client, destination }) => specsAt(destination).some(({ lease }) => lease.client === client),
    rejudge,
    prune: (destinations) => {
      for (const destination of lapsed.keys()) if (!destinations.has(destination)) lapsed.delete(destination)
      left = lapsed.size
    },
    get isCrowded() {
      return lapsed.size > left + MOST_ADDED
    },
  }
}

function portsOf({ specs }: Ended): string {
  return specs
    .map(({ lease }) => formatPortRange(lease.ports))
    .sort()
    .join()
}
