// Grants whose lease has ended while their flows go on, as established flows may. Remembered, so that a revocation ends those too.

import type { Address } from '../net/address.ts'
import type { Element, ElementSpec, Grant, Holder } from './lease.ts'

export interface LapsedGrants {
  add(grants: readonly Grant[]): void
  /** What they had open and the policy still allows. */
  specs(): Iterable<ElementSpec>
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
  let lapsed: Lapsed[] = []

  function rejudge(
    judge: (holder: Holder) => readonly ElementSpec[] | undefined,
    concern: (source: Address) => boolean,
  ): readonly ElementSpec[] {
    const gone: ElementSpec[] = []
    lapsed = lapsed.flatMap((each) => {
      const { holder, specs } = each
      if (!concern(holder.source)) return [each]
      const allowed = new Set((judge(holder) ?? []).map(({ id }) => id))
      gone.push(...specs.filter(({ id }) => !allowed.has(id)))
      const kept = specs.filter(({ id }) => allowed.has(id))
      return kept.length === 0 ? [] : [{ holder, specs: kept }]
    })
    return gone
  }

  return {
    add: (grants) => {
      for (const grant of grants) lapsed.push({ holder: grant, specs: grant.elements.map(specOf) })
    },
    specs: () => lapsed.flatMap(({ specs }) => specs),
    rejudge,
    prune: (destinations) => {
      lapsed = lapsed.filter(({ holder }) => destinations.has(holder.address))
    },
  }
}

function specOf({ spec }: Element): ElementSpec {
  return spec
}
