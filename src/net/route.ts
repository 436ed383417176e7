// Which addresses are behind which interface: those that the kernel routes there, which are also those that it takes from there.

import type { Family } from './address.ts'
import { formatPrefix, isInside, type Prefix, withoutHole } from './prefix.ts'
import { buildPrefixTable, groupsAround } from './prefix-table.ts'

export interface Route {
  readonly prefix: Prefix
  /** Undefined: it leads nowhere, or to several. */
  readonly interfaceName: string | undefined
  /** Of routes for one prefix the lowest counts. */
  readonly metric: number
}

/**
 * The prefixes that are routed to each owner's interfaces; `ownerOf` says whose an interface is. Of routes around an address the longest
 * counts, so what a longer one leads elsewhere is cut out: no address belongs to two owners, or to one who would not get its packets.
 */
export function prefixesByOwner<Owner>(
  routes: readonly Route[],
  ownerOf: (interfaceName: string) => Owner | undefined,
): ReadonlyMap<Owner, readonly Prefix[]> {
  const owned = bestRoutes(routes).map(({ prefix, interfaceName }) => ({
    prefix,
    owner: interfaceName === undefined ? undefined : ownerOf(interfaceName),
    holes: [] as Prefix[],
  }))
  const claims = owned.filter(({ owner }) => owner !== undefined)
  // Nothing lies in a claim that is not longer than the shortest: mostly all are of one length, and need no look.
  const shortest = { 4: shortestOf(claims, 4), 6: shortestOf(claims, 6) }
  const inner = owned.filter(({ prefix }) => prefix.length > shortest[prefix.family])
  const table = buildPrefixTable(inner.length === 0 ? [] : claims, ({ prefix }) => prefix)
  for (const { prefix, owner } of inner)
    for (const claim of groupsAround(table, prefix.address).flat())
      if (claim.owner !== owner && claim.prefix.length < prefix.length) claim.holes.push(prefix)
  const pieces = claims.map(({ prefix, owner, holes }) => ({ owner: owner!, left: holes.reduce(cutOut, [prefix]) }))
  return new Map(
    Map.groupBy(pieces, ({ owner }) => owner)
      .entries()
      .map(([owner, all]) => [owner, all.flatMap(({ left }) => left)]),
  )
}

function shortestOf(claims: readonly { readonly prefix: Prefix }[], family: Family): number {
  return claims.reduce(
    (length, { prefix }) => (prefix.family === family ? Math.min(length, prefix.length) : length),
    Number.POSITIVE_INFINITY,
  )
}

function bestRoutes(routes: readonly Route[]): readonly Route[] {
  const best = new Map<string, Route>()
  for (const route of routes) {
    const key = formatPrefix(route.prefix)
    const known = best.get(key)
    if (known === undefined || route.metric < known.metric) best.set(key, route)
  }
  return [...best.values()]
}

function cutOut(pieces: readonly Prefix[], hole: Prefix): Prefix[] {
  return pieces.flatMap((piece) => (isInside(piece, hole) ? [] : isInside(hole, piece) ? withoutHole(piece, hole) : [piece]))
}
