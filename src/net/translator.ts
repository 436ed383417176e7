// Translators from IPv6 to IPv4: how an IPv4 address stands in one of theirs (RFC 6052), and how a network's own prefix is told (RFC 7050).

import { type Address, decodeAddress, encodeAddress, familyOf } from './address.ts'

/** The prefix that a network translates, in octets: 4, 5, 6, 7, 8 or 12 of them. */
export type TranslatorPrefix = Uint8Array

/** RFC 6052 section 2.2. */
const PREFIX_OCTETS = [12, 8, 7, 6, 5, 4] as const
/** Octet 8 is zero and skipped. */
const RESERVED_OCTET = 8
/** What `ipv4only.arpa` has for addresses (RFC 7050 section 8.2): the first three octets, and the last. */
const WELL_KNOWN = [192, 0, 0]
const WELL_KNOWN_LAST = [170, 171]

/** The prefixes that answers to "ipv4only.arpa AAAA" tell of (RFC 7050 section 3). */
export function findTranslators(addresses: readonly Address[]): readonly TranslatorPrefix[] {
  return addresses.flatMap((address) => prefixIn(address) ?? [])
}

/** The IPv4 address that the prefixes make of it; undefined: it is in none of them. */
export function translate(address: Address, prefixes: readonly TranslatorPrefix[]): Address | undefined {
  if (prefixes.length === 0 || familyOf(address) === 4) return undefined
  const octets = encodeAddress(address)
  const prefix = prefixes.find((each) => each.every((octet, at) => octets[at] === octet))
  return prefix === undefined ? undefined : decodeAddress(Uint8Array.from(embeddedIn(octets, prefix.length)), 0, 4)
}

function prefixIn(address: Address): TranslatorPrefix | undefined {
  if (familyOf(address) === 4) return undefined
  const octets = encodeAddress(address)
  const length = PREFIX_OCTETS.find((each) => isWellKnown(embeddedIn(octets, each)))
  return length === undefined ? undefined : octets.slice(0, length)
}

function embeddedIn(octets: Uint8Array, prefixOctets: number): readonly number[] {
  const behind = Array.from(octets).filter((_, at) => at >= prefixOctets && (at !== RESERVED_OCTET || prefixOctets > RESERVED_OCTET))
  return behind.slice(0, 4)
}

function isWellKnown(embedded: readonly number[]): boolean {
  return WELL_KNOWN.every((octet, at) => embedded[at] === octet) && WELL_KNOWN_LAST.includes(embedded[3]!)
}
