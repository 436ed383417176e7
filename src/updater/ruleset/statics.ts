// The elements that do not come from answers: static entries of zone files, metadata services, audited clients, what audit mode leaves closed,
// what was closed lately.
import type { NewElement } from '../../linux/nftables/element.ts'
import { type Address, addressFromValue, encodeAddress, type Family, familyOf } from '../../net/address.ts'
import type { Prefix } from '../../net/prefix.ts'
import { METADATA_ADDRESSES, rangesLeadingInto } from '../../net/special.ts'
import type { StaticSegment } from '../../policy/static.ts'
import type { ClientRange, Pair, RulesetDescription } from './description.ts'
import { echoBoxes } from './echo.ts'
import {
  encodeAddressKey,
  encodeEcho,
  encodePairKey,
  encodePort,
  encodeProtocol,
  joinFields,
  PROTOCOL_NUMBER,
  revokedSetOf,
} from './key.ts'
import { REVOKED_TIMEOUT_MS } from './sets.ts'

export interface SetElement {
  readonly set: string
  readonly element: NewElement
}

type Range = Pick<ClientRange, 'first' | 'last'>
const PROTOCOLS = Object.values(PROTOCOL_NUMBER)

export function staticElements(description: RulesetDescription): readonly SetElement[] {
  const { guard, segments, audited, revoked } = description
  const closed = audited.length === 0 ? [] : description.closed.flatMap(rangesOf)
  return [
    ...METADATA_ADDRESSES.map((address) => ({ set: `metadata${familyOf(address)}`, element: { key: encodeAddressKey(address) } })),
    ...segments.map((segment) => segmentElement(segment, guard)),
    ...(description.echo ? echoElements(description) : []),
    ...(guard === 'forward' ? rangeElements('audited', audited) : []),
    ...(guard === 'forward' ? strandedElements(description) : []),
    ...rangeElements('closed', closed),
    ...description.named.map(namedElement),
    ...revokedElements(revoked),
  ]
}

export function namedElement(address: Address): SetElement {
  return { set: `named${familyOf(address)}`, element: { key: encodeAddressKey(address) } }
}

export function revokedElements(revoked: readonly Pair[]): readonly SetElement[] {
  return revoked.map((pair) => ({ set: revokedSetOf(pair), element: { key: encodePairKey(pair), timeoutMs: REVOKED_TIMEOUT_MS } }))
}

/** Whatever the protocol. */
function strandedElements({ egress }: RulesetDescription): readonly SetElement[] {
  return egress
    .filter(({ address }) => address === undefined)
    .map((range) => {
      const keyOf = (end: 'first' | 'last', protocol: number) =>
        joinFields([encodeValue(range[end], range.family), encodeProtocol(protocol)])
      return { set: `stranded${range.family}`, element: { key: keyOf('first', 0), keyEnd: keyOf('last', 255) } }
    })
}

function segmentElement({ family, client, destination, ports }: StaticSegment, guard: RulesetDescription['guard']): SetElement {
  if (ports.protocol === 'any') throw new TypeError('a static segment names its protocol')
  const protocol = encodeProtocol(PROTOCOL_NUMBER[ports.protocol])
  const keyOf = (end: 'first' | 'last') => {
    const clientField = guard === 'forward' ? [encodeValue(client[end], family)] : []
    return joinFields([...clientField, encodeValue(destination[end], family), protocol, encodePort(ports[end])])
  }
  return { set: `static${family}`, element: { key: keyOf('first'), keyEnd: keyOf('last') } }
}

function echoElements({ segments, guard }: RulesetDescription): readonly SetElement[] {
  return echoBoxes(segments).map(({ family, destination, ...client }) => {
    const keyOf = (end: 'first' | 'last') => {
      const clientField = guard === 'forward' ? [encodeValue(client[end], family)] : []
      return joinFields([...clientField, encodeValue(destination[end], family), ...encodeEcho(family)])
    }
    return { set: `static${family}`, element: { key: keyOf('first'), keyEnd: keyOf('last') } }
  })
}

/** The prefix, and in IPv6 what embeds it. */
function rangesOf(prefix: Prefix): readonly ClientRange[] {
  return ([4, 6] as const).flatMap((family) => rangesLeadingInto(prefix, family).map((range) => ({ family, ...range })))
}

/** Address ranges for TCP and for UDP, without overlaps, which an interval set refuses. */
function rangeElements(name: string, ranges: readonly ClientRange[]): readonly SetElement[] {
  return ([4, 6] as const).flatMap((family) =>
    mergeRanges(ranges.filter((range) => range.family === family)).flatMap((range) =>
      PROTOCOLS.map((protocol) => ({ set: `${name}${family}`, element: rangeElement(range, family, protocol) })),
    ),
  )
}

function rangeElement(range: Range, family: Family, protocol: number): NewElement {
  const keyOf = (end: 'first' | 'last') => joinFields([encodeValue(range[end], family), encodeProtocol(protocol)])
  return { key: keyOf('first'), keyEnd: keyOf('last') }
}

function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = []
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const last = merged.at(-1)
    if (last === undefined || range.first > last.last + 1n) merged.push(range)
    else if (range.last > last.last) merged[merged.length - 1] = { first: last.first, last: range.last }
  }
  return merged
}

function encodeValue(value: bigint, family: Family): Uint8Array {
  return encodeAddress(addressFromValue(value, family))
}
