// Grants whose lease has ended while their flows go on, as established flows may. Remembered, so that a revocation ends those too.

import type { Conntrack } from '../linux/conntrack.ts'
import type { Element, ElementSpec, Grant, Holder } from './lease.ts'

export interface LapsedGrants {
  add(grants: readonly Grant[]): void
  /** What they had open and the policy still allows. */
  specs(): Iterable<ElementSpec>
  /** Judges each anew; returns what they had open and may no longer. */
  rejudge(judge: (holder: Holder) => readonly ElementSpec[] | undefined): readonly ElementSpec[]
  /** Forgets those to whose addresses no flow is left. Reads all flows: not for every tick. */
  prune(conntrack: Conntrack): void
}

interface Lapsed {
  readonly holder: Holder
  readonly specs: readonly ElementSpec[]
}

export function createLapsedGrants(): LapsedGrants {
  let lapsed: readonly Lapsed[] = []

  function rejudge(judge: (holder: Holder) => readonly ElementSpec[] | undefined): readonly ElementSpec[] {
    const gone: ElementSpec[] = []
    lapsed = lapsed.flatMap(({ holder, specs }) => {
      const allowed = new Set((judge(holder) ?? []).map(({ id }) => id))
      gone.push(...specs.filter(({ id }) => !allowed.has(id)))
      const kept = specs.filter(({ id }) => allowed.has(id))
      return kept.length === 0 ? [] : [{ holder, specs: kept }]
    })
    return gone
  }

  function prune(conntrack: Conntrack): void {
    if (lapsed.length === 0) return
    const inUse = new Set([...conntrack.flows(4), ...conntrack.flows(6)].map(({ destination }) => destination))
    lapsed = lapsed.filter(({ holder }) => inUse.has(holder.address))
  }

  return {
    add: (grants) => {
      lapsed = [...lapsed, ...grants.map((grant) => ({ holder: grant, specs: grant.elements.map(specOf) }))]
    },
    specs: () => lapsed.flatMap(({ specs }) => specs),
    rejudge,
    prune,
  }
}

function specOf({ spec }: Element): ElementSpec {
  return spec
}
