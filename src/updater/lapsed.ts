// Grants whose lease has ended while their flows go on, as established flows may. Remembered, so that a revocation ends those too.

import type { Address } from '../net/address.ts'
import { type ElementSpec, type Ended, type Holder, isSameElement } from './lease.ts'
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
}

interface Lapsed {
  readonly holder: Holder
  readonly specs: readonly ElementSpec[]
}

export function createLapsedGrants(): LapsedGrants {
  /** By destination, then by whose and by which name: what lapses again and again is remembered once. */
  const lapsed = new Map<Address, Map<string, Lapsed>>()

  function add(grant: Ended): void {
    const there = lapsed.get(grant.address) ?? new Map<string, Lapsed>()
    lapsed.set(grant.address, there.set(`${grant.source} ${grant.name}`, { holder: grant, specs: grant.specs }))
  }

  function rejudge(
    judge: (holder: Holder) => readonly ElementSpec[] | undefined,
    concern: (source: Address) => boolean,
  ): readonly ElementSpec[] {
    const gone: ElementSpec[] = []
    for (const [destination, there] of lapsed) {
      for (const [key, { holder, specs }] of there) {
        if (!concern(holder.source)) continue
        const allowed = judge(holder) ?? []
        const kept = specs.filter((spec) => allowed.some((other) => isSameElement(spec, other)))
        gone.push(...specs.filter((spec) => !kept.includes(spec)))
        if (kept.length > 0) there.set(key, { holder, specs: kept })
        else there.delete(key)
      }
      if (there.size === 0) lapsed.delete(destination)
    }
    return gone
  }

  function* specsAt(destination: Address): Generator<ElementSpec> {
    for (const { specs } of lapsed.get(destination)?.values() ?? []) yield* specs
  }

  return {
    add: (grants) => grants.forEach(add),
    has: (spec) => specsAt(spec.lease.destination).some((other) => isSameElement(spec, other)),
    leadsTo: ({ client, destination }) => specsAt(destination).some(({ lease }) => lease.client === client),
    rejudge,
    prune: (destinations) => {
      for (const destination of lapsed.keys()) if (!destinations.has(destination)) lapsed.delete(destination)
    },
  }
}
