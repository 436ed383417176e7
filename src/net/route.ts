// Which addresses are behind which interface: those that the kernel routes there, which are also those that it takes from there.

import type { Family } from './address.ts'
import { formatPrefix, isInside, type Prefix, withoutHole } from './prefix.ts'
import { buildPrefixTable, groupsAround } from './prefix-table.ts'

export interface Route {
  /** Each has its own best way to an address; routing rules choose among them. */
  readonly table: number
  readonly prefix: Prefix
  /** Undefined: it leads nowhere, or to several. */
  readonly interfaceName: string | undefined
  /** Of routes for one prefix the lowest counts. */
  readonly metric: number
}

interface Piece<Owner> {
  readonly owner: Owner
  readonly prefix: Prefix
}

/**
 * The prefixes that some table routes to each owner's interfaces; `ownerOf` says whose an interface is. No address belongs to two owners:
 * the kernel takes a source from whatever interface any table leads to, as its rules choose, so what tables lead to several is nobody's.
 */
export function prefixesByOwner<Owner>(
  routes: readonly Route[],
  ownerOf: (interfaceName: string) => Owner | undefined,
): ReadonlyMap<Owner, readonly Prefix[]> {
  const tables = Map.groupBy(routes, ({ table }) => table).values()
  const claimed = tables.map((each) => piecesOf(each, ownerOf)).filter((pieces) => pieces.length > 0)
  return new Map(
    Map.groupBy(uncontested([...claimed]), ({ owner }) => owner)
      .entries()
      .map(([owner, pieces]) => [owner, pieces.map(({ prefix }) => prefix)]),
  )
}

/** Without what two tables lead to different owners. Pieces of one table do not overlap. */
function uncontested<Owner>(tables: readonly (readonly Piece<Owner>[])[]): readonly Piece<Owner>[] {
  if (tables.length < 2) return tables.flat()
  const claims = tables.flat().map((piece) => ({ ...piece, holes: [] as Prefix[] }))
  const around = buildPrefixTable(claims, ({ prefix }) => prefix)
  for (const inner of claims)
    for (const outer of groupsAround(around, inner.prefix.address).flat())
      if (outer.owner !== inner.owner && outer.prefix.length <= inner.prefix.length) {
        outer.holes.push(inner.prefix)
        inner.holes.push(inner.prefix)
      }
  return claims.flatMap(({ owner, prefix, holes }) => cutAll(prefix, holes).map((left) => ({ owner, prefix: left })))
}

/** In one table, of routes around an address the longest counts: what it leads elsewhere is cut out of the others. */
function piecesOf<Owner>(routes: readonly Route[], ownerOf: (interfaceName: string) => Owner | undefined): readonly Piece<Owner>[] {
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
  return claims.flatMap(({ prefix, owner, holes }) => cutAll(prefix, holes).map((left) => ({ owner: owner!, prefix: left })))
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

function cutAll(prefix: Prefix, holes: readonly Prefix[]): readonly Prefix[] {
  return holes.reduce(cutOut, [prefix])
}

function cutOut(pieces: readonly Prefix[], hole: Prefix): Prefix[] {
  return pieces.flatMap((piece) => (isInside(piece, hole) ? [] : isInside(hole, piece) ? withoutHole(piece, hole) : [piece]))
}
