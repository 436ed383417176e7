// Which flows have to end because of what was closed, and where they are looked for.

import type { Flow, Where } from '../linux/conntrack.ts'
import { type Address, type Family, familyOf } from '../net/address.ts'
import { isSingleAddress, type Prefix } from '../net/prefix.ts'
import { involves } from './departure.ts'
import { strays } from './egress.ts'
import { type Passage, wasOpen } from './flows.ts'
import type { ElementSpec } from './lease.ts'
import type { EgressRange } from './ruleset/description.ts'

export interface Pursuit {
  /** Elements that are gone for good. */
  readonly specs: readonly ElementSpec[]
  /** What passed without any name, and no longer does. */
  readonly passages: readonly Passage[]
  /** Of clients that have gone: they lose all of theirs. */
  readonly departed: readonly Prefix[]
  /** Whoever leaves by another address than these say begins anew; empty: everybody may stay. */
  readonly egress: readonly EgressRange[]
}

/** So many walks through all flows, each a tenth of having them all handed over. */
const MOST_WALKS = 6
const FAMILIES: readonly Family[] = [4, 6]

export function isEmpty({ specs, passages, departed, egress }: Pursuit): boolean {
  return specs.length + passages.length + departed.length + egress.length === 0
}

/** The entries that are worth a look; `mark` is that of flows that our rules let begin. */
export function placesOf(pursuit: Pursuit, mark: number): readonly Where[] {
  return FAMILIES.flatMap((family) => placesIn(family, pursuit, mark))
}

function placesIn(family: Family, { specs, passages, departed, egress }: Pursuit, mark: number): readonly Where[] {
  const destinations = [...new Set(specs.map(destinationOf))].filter((address) => familyOf(address) === family)
  const gone = departed.filter((prefix) => prefix.family === family)
  // What began outside carries no mark, and ends with its client all the same.
  const everywhere = { family, mark: gone.length > 0 ? 0 : mark }
  if ([...passages, ...egress].some((range) => range.family === family)) return [everywhere]
  if (destinations.length + gone.length === 0) return []
  const walks = destinations.length + 2 * gone.length
  if (family === 6 || walks > MOST_WALKS || !gone.every(isSingleAddress)) return [everywhere]
  return [
    ...destinations.map((destination) => ({ family, mark, destination })),
    ...gone.flatMap(({ address }) => [
      { family, mark: 0, source: address },
      { family, mark: 0, destination: address },
    ]),
  ]
}

/** `mayGoOn` speaks for what was closed and is open by something else, or again. */
export function createEnding({ specs, passages, departed, egress }: Pursuit, mayGoOn: (flow: Flow) => boolean): (flow: Flow) => boolean {
  const closed = { specs: Map.groupBy(specs, destinationOf), passages }
  const [departs, isAstray] = [involves(departed), strays(egress)]
  return (flow) => (wasOpen(closed, flow) && !mayGoOn(flow)) || departs(flow) || isAstray(flow)
}

function destinationOf({ lease }: ElementSpec): Address {
  return lease.destination
}
