// Addresses that no public name has any business with: the IANA special-purpose registries (RFC 6890) and cloud metadata services.
// The documentation ranges are harmless and left out.

import { type Address, addressFromValue, addressValue, type Family, familyOf, ipv4Value, parseAddress } from './address.ts'
import { ipv6Head } from './ipv6.ts'
import { type Prefix, parsePrefix, prefixRange } from './prefix.ts'

/** Every prefix of special purpose. IPv4 ones count inside `EMBEDDINGS` too. */
export const SPECIAL_PREFIXES: readonly Prefix[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96', // the unspecified address, loopback, IPv4-compatible addresses
  '64:ff9b:1::/48', // local-use translation (RFC 8215): where the IPv4 address stands in it only its operator knows
  '100::/64', // discard-only (RFC 6666)
  '100:0:0:1::/64', // dummy prefix (RFC 9780)
  '2001::/32', // Teredo
  '2001:2::/48', // benchmarking (RFC 5180)
  '5f00::/16', // segment routing (RFC 9602)
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
].map(knownPrefix)

/** Addresses at which clouds hand out credentials and settings. */
export const METADATA_ADDRESSES: readonly Address[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
].map(knownAddress)

/** IPv6 prefixes whose addresses carry an IPv4 address, `suffixBits` above their end. */
export interface Embedding {
  readonly prefix: Prefix
  readonly suffixBits: bigint
}

export const EMBEDDINGS: readonly Embedding[] = [
  { prefix: knownPrefix('::ffff:0:0/96'), suffixBits: 0n }, // IPv4-mapped
  { prefix: knownPrefix('64:ff9b::/96'), suffixBits: 0n }, // NAT64 (RFC 6052)
  { prefix: knownPrefix('64:ff9b:1::/96'), suffixBits: 0n }, // the usual place inside the local-use prefix
  { prefix: knownPrefix('2002::/16'), suffixBits: 80n }, // 6to4
]

interface ValueRange {
  readonly first: bigint
  readonly last: bigint
}

const SPECIAL_IPV6: readonly ValueRange[] = SPECIAL_PREFIXES.filter(({ family }) => family === 6).map(prefixRange)
const SPECIAL_IPV4 = SPECIAL_PREFIXES.filter(({ family }) => family === 4).map(numericRange)
const EMBEDDING_RANGES = EMBEDDINGS.map(({ prefix, suffixBits }) => ({ ...prefixRange(prefix), suffixBits }))
const METADATA: ReadonlySet<string> = new Set(METADATA_ADDRESSES)
/** The first 32 bits of what is in any of these ranges: both processes judge every address, and most are told by them to be in none. */
const HEADS = [...SPECIAL_IPV6, ...EMBEDDING_RANGES].map(({ first, last }) => ({ first: Number(first >> 96n), last: Number(last >> 96n) }))

/** Is the address, or the IPv4 address embedded in it, of special purpose: private, loopback, link-local, multicast, reserved? */
export function isSpecialPurpose(address: Address): boolean {
  if (familyOf(address) === 4) return isSpecialIpv4(ipv4Value(address))
  if (isOrdinary(address)) return false
  const value = addressValue(address)
  if (SPECIAL_IPV6.some((range) => range.first <= value && value <= range.last)) return true
  const embedded = embeddedValue(value)
  return embedded !== undefined && isSpecialIpv4(Number(embedded))
}

/** Is the address, or the IPv4 address embedded in it, that of a cloud metadata service? */
export function isMetadata(address: Address): boolean {
  const embedded = embeddedAddress(address)
  return METADATA.has(address) || (embedded !== undefined && METADATA.has(embedded))
}

/** The IPv4 address that an IPv4-mapped, NAT64 or 6to4 address leads to. */
export function embeddedAddress(address: Address): Address | undefined {
  if (familyOf(address) === 4 || isOrdinary(address)) return undefined
  const embedded = embeddedValue(addressValue(address))
  return embedded === undefined ? undefined : addressFromValue(embedded, 4)
}

/** The ranges of addresses of `family` that lead into `prefix`: itself, or what embeds it. */
export function rangesLeadingInto(prefix: Prefix, family: Family): readonly ValueRange[] {
  const { first, last } = prefixRange(prefix)
  if (prefix.family === family) return [{ first, last }]
  if (family === 4) return []
  return EMBEDDING_RANGES.map((embedding) => ({
    first: embedding.first | (first << embedding.suffixBits),
    last: embedding.first | (((last + 1n) << embedding.suffixBits) - 1n),
  }))
}

/** Is the IPv6 address in none of the ranges, as its first 32 bits alone tell? */
function isOrdinary(address: Address): boolean {
  const head = ipv6Head(address)
  return !HEADS.some(({ first, last }) => first <= head && head <= last)
}

function embeddedValue(value: bigint): bigint | undefined {
  const embedding = EMBEDDING_RANGES.find((range) => range.first <= value && value <= range.last)
  return embedding === undefined ? undefined : (value >> embedding.suffixBits) & 0xffff_ffffn
}

function isSpecialIpv4(value: number): boolean {
  return SPECIAL_IPV4.some((range) => range.first <= value && value <= range.last)
}

function numericRange(prefix: Prefix): { readonly first: number; readonly last: number } {
  const { first, last } = prefixRange(prefix)
  return { first: Number(first), last: Number(last) }
}

function knownPrefix(text: string): Prefix {
  return parsePrefix(text)!
}

function knownAddress(text: string): Address {
  return parseAddress(text)!
}
