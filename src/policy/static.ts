// What the kernel needs to know of static entries: who may reach which addresses on which ports without any name.

import { ADDRESS_BITS, addressFromValue, type Family, parseAddress } from '../net/address.ts'
import type { PortRange } from '../net/port.ts'
import { prefixRange } from '../net/prefix.ts'
import { decideAddress } from './decide-address.ts'
import { destinationSteps } from './destination.ts'
import { disjointPorts } from './disjoint-port.ts'
import type { Policy } from './policy.ts'
import { cutRange, mergeAdjacent, mergeSteps } from './range.ts'
import type { Scope } from './scope.ts'
import { ENTRIES_A_STEP, runToEnd, type Steps } from './steps.ts'
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

interface Range<Value> {
  readonly first: Value
  readonly last: Value
}

interface Box {
  readonly destination: ValueRange
  readonly ports: PortRange
}

const FAMILIES: readonly Family[] = [4, 6]
/** Each looks at several groups of entries. */
const DECISIONS_A_STEP = 32
/** Under guards `none` and `output` the whole namespace is one client; it asks from loopback. */
const NAMESPACE = parseAddress('127.0.0.1')!

/** The static entries in force, as disjoint segments computed with `decideAddress` itself; adjacent equal ones are merged. Computed once for as long as they hold. */
export function staticSegments(policy: Policy, now: number): readonly StaticSegment[] {
  return runToEnd(staticSteps(policy, now))
}

/** Finds out, in steps, what `staticSegments` will say. */
export function* staticSteps(policy: Policy, now: number): Steps<readonly StaticSegment[]> {
  const known = segmentsOf.get(policy)
  if (known !== undefined && known.since <= now && now < known.until) return known.segments
  const segments = [...(yield* familySteps(policy, 4, now)), ...(yield* familySteps(policy, 6, now))]
  segmentsOf.set(policy, { since: now, until: policy.nextChange(now), segments })
  return segments
}

const segmentsOf = new WeakMap<Policy, { readonly since: number; readonly until: number; readonly segments: readonly StaticSegment[] }>()

function* familySteps(policy: Policy, family: Family, now: number): Steps<readonly StaticSegment[]> {
  // Views differ by names far more often than by addresses.
  const boxesOf = new Map<string, readonly Box[]>()
  const segments: StaticSegment[] = []
  for (const { view, range } of clientRanges(policy, family, ({ prefixRules }) => prefixRules.length > 0)) {
    const boxes = boxesOf.get(view.prefixKey) ?? (yield* boxSteps(view, family, now))
    boxesOf.set(view.prefixKey, boxes)
    for (const [index, box] of boxes.entries()) {
      segments.push({ family, client: range, ...box })
      if (index % ENTRIES_A_STEP === 0) yield
    }
  }
  return yield* mergeSteps(
    segments,
    (segment) => segment.client,
    boxKey,
    (segment, client) => ({ ...segment, client }),
  )
}

/** Are they the same, in the same order? A hundred thousand are compared in a few milliseconds. */
export function areSameSegments(some: readonly StaticSegment[], others: readonly StaticSegment[]): boolean {
  return some.length === others.length && some.every((segment, index) => isSameSegment(segment, others[index]!))
}

function isSameSegment(one: StaticSegment, other: StaticSegment): boolean {
  return (
    one.family === other.family &&
    one.ports.protocol === other.ports.protocol &&
    isSameRange(one.ports, other.ports) &&
    isSameRange(one.client, other.client) &&
    isSameRange(one.destination, other.destination)
  )
}

function isSameRange<Value>(one: Range<Value>, other: Range<Value>): boolean {
  return one.first === other.first && one.last === other.last
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

function* boxSteps(view: View, family: Family, now: number): Steps<readonly Box[]> {
  const boxes: Box[] = []
  for (const [index, destination] of (yield* destinationSteps(view, family, now)).entries()) {
    const verdict = decideAddress(view, addressFromValue(destination.first, family), now)
    if (verdict.kind === 'allow') boxes.push(...disjointPorts(verdict.ports).map((ports) => ({ destination, ports })))
    if (index % DECISIONS_A_STEP === 0) yield
  }
  return yield* mergeSteps(
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
