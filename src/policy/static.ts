// What the kernel needs to know of static entries: who may reach which addresses on which ports without any name.

import { ADDRESS_BITS, addressFromValue, type Family, parseAddress } from '../net/address.ts'
import type { PortRange } from '../net/port.ts'
import { prefixRange } from '../net/prefix.ts'
import { decideAddress } from './decide-address.ts'
import { destinationPieces } from './destination.ts'
import { disjointPorts } from './disjoint-port.ts'
import type { Policy } from './policy.ts'
import { cutRange, mergeAdjacent } from './range.ts'
import type { Scope } from './scope.ts'
import type { ValueRange, View } from './view.ts'

/** A box of clients, destinations and ports. No two of one policy overlap. */
export interface StaticSegment {
  readonly family: Family
  /** The whole of the family's addresses where the guard is not `forward`: elements carry no client there. */
  readonly client: ValueRange
  readonly destination: ValueRange
  /** Never of protocol `any`, which is TCP and UDP from 0 to 65535. */
  readonly ports: PortRange
}

export interface ClientRange extends ValueRange {
  readonly family: Family
}

interface Box {
  readonly destination: ValueRange
  readonly ports: PortRange
}

const FAMILIES: readonly Family[] = [4, 6]
/** Under guards `none` and `output` the whole namespace is one client; it asks from loopback. */
const NAMESPACE = parseAddress('127.0.0.1')!

/** The static entries in force, as disjoint segments computed with `decideAddress` itself; adjacent equal ones are merged. Computed once for as long as they hold. */
export function staticSegments(policy: Policy, now: number): readonly StaticSegment[] {
  const known = segmentsOf.get(policy)
  if (known !== undefined && known.since <= now && now < known.until) return known.segments
  const segments = computeSegments(policy, now)
  segmentsOf.set(policy, { since: now, until: policy.nextChange(now), segments })
  return segments
}

const segmentsOf = new WeakMap<Policy, { readonly since: number; readonly until: number; readonly segments: readonly StaticSegment[] }>()

function computeSegments(policy: Policy, now: number): readonly StaticSegment[] {
  return FAMILIES.flatMap((family) => {
    const boxesOf = rememberByPrefixes((view) => boxesFor(view, family, now))
    const segments = clientRanges(policy, family, ({ prefixRules }) => prefixRules.length > 0).flatMap(({ view, range }) =>
      boxesOf(view).map((box) => ({ family, client: range, ...box })),
    )
    return mergeAdjacent(
      segments,
      (segment) => segment.client,
      boxKey,
      (segment, client) => ({ ...segment, client }),
    )
  })
}

/** Ranges of client addresses in audit mode. */
export function auditedClients(policy: Policy): readonly ClientRange[] {
  return FAMILIES.flatMap((family) => {
    const audited = clientRanges(policy, family, ({ audit }) => audit).filter(({ view }) => view.audit)
    const ranges = audited.map(({ range }) => ({ family, ...range }))
    return mergeAdjacent(
      ranges,
      (range) => range,
      () => '',
      (_, range) => ({ family, ...range }),
    )
  })
}

/** The addresses of a family in ranges of one view each, as far as scopes of that kind tell views apart: where all of those are for everybody, there is one. */
function clientRanges(
  policy: Policy,
  family: Family,
  isOfKind: (scope: Scope) => boolean,
): readonly { readonly view: View; readonly range: ValueRange }[] {
  const whole = { first: 0n, last: (1n << BigInt(ADDRESS_BITS[family])) - 1n }
  if (policy.guard !== 'forward') return [{ view: policy.clientAt(NAMESPACE).view, range: whole }]
  const differs = policy.parts.scopes.values().some((scope) => scope.selectors !== undefined && isOfKind(scope))
  const borders = (differs ? policy.clientBorders : []).filter((prefix) => prefix.family === family).map(prefixRange)
  return cutRange(whole, borders).map((range) => ({ view: policy.clientAt(addressFromValue(range.first, family)).view, range }))
}

function boxesFor(view: View, family: Family, now: number): readonly Box[] {
  const boxes = destinationPieces(view, family, now).flatMap((destination) => {
    const verdict = decideAddress(view, addressFromValue(destination.first, family), now)
    return verdict.kind === 'deny' ? [] : disjointPorts(verdict.ports).map((ports) => ({ destination, ports }))
  })
  return mergeAdjacent(
    boxes,
    (box) => box.destination,
    portKey,
    (box, destination) => ({ ...box, destination }),
  )
}

function boxKey({ destination, ports }: Box): string {
  return `${destination.first}-${destination.last} ${portKey({ ports })}`
}

function portKey({ ports }: { readonly ports: PortRange }): string {
  return `${ports.protocol}/${ports.first}-${ports.last}`
}

/** Views differ by names far more often than by addresses. */
function rememberByPrefixes<T>(compute: (view: View) => T): (view: View) => T {
  const known = new Map<string, T>()
  return (view) => {
    if (!known.has(view.prefixKey)) known.set(view.prefixKey, compute(view))
    return known.get(view.prefixKey)!
  }
}
