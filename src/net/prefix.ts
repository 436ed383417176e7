import { ADDRESS_BITS, type Address, addressFromValue, addressValue, type Family, familyOf, parseAddress } from './address.ts'

/** `address` has no bits set beyond `length`. */
export interface Prefix {
  readonly family: Family
  readonly address: Address
  readonly length: number
}

/** A prefix with host bits set, or of no such length. The message says what to write. */
export class PrefixError extends Error {
  override readonly name = 'PrefixError'
}

const LENGTH = /^(?:0|[1-9]\d{0,2})$/
/** What is meant for one: "33", "024", "255.255.255.0". Anything else behind the slash is a path. */
const LIKE_LENGTH = /^\d[\d.]*$/

/** An address is a prefix of full length. Undefined: not an address or prefix at all. Throws PrefixError. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const family = familyOf(address)
  if (slash < 0) return { family, address, length: ADDRESS_BITS[family] }
  const digits = text.slice(slash + 1)
  const length = Number(digits)
  if (!LENGTH.test(digits) || length > ADDRESS_BITS[family]) return refuseLength(text, digits, family)
  return withoutHostBits(text, { family, address, length })
}

/** A full-length prefix prints as a plain address. */
export function formatPrefix(prefix: Prefix): string {
  return prefix.length === ADDRESS_BITS[prefix.family] ? prefix.address : `${prefix.address}/${prefix.length}`
}

export function isSingleAddress(prefix: Prefix): boolean {
  return prefix.length === ADDRESS_BITS[prefix.family]
}

export function containsAddress(prefix: Prefix, address: Address): boolean {
  if (prefix.family !== familyOf(address)) return false
  const { first, last } = prefixRange(prefix)
  const value = addressValue(address)
  return first <= value && value <= last
}

/** Is every address of `inner` one of `outer`? */
export function isInside(inner: Prefix, outer: Prefix): boolean {
  return inner.length >= outer.length && containsAddress(outer, inner.address)
}

/** What is left of `prefix` without the longer one in it: a prefix for each bit that `hole` is longer by. */
export function withoutHole(prefix: Prefix, hole: Prefix): readonly Prefix[] {
  const { family } = prefix
  const value = addressValue(hole.address)
  return Array.from({ length: hole.length - prefix.length }, (_, index) => {
    const length = prefix.length + index + 1
    const hostBits = BigInt(ADDRESS_BITS[family] - length)
    const sibling = ((value >> hostBits) ^ 1n) << hostBits
    return { family, address: addressFromValue(sibling, family), length }
  })
}

/** First and last address of the prefix, as values. */
export function prefixRange(prefix: Prefix): { readonly first: bigint; readonly last: bigint } {
  const first = addressValue(prefix.address)
  return { first, last: first | hostMask(prefix) }
}

function hostMask(prefix: Prefix): bigint {
  return (1n << BigInt(ADDRESS_BITS[prefix.family] - prefix.length)) - 1n
}

function refuseLength(text: string, digits: string, family: Family): undefined {
  if (!LIKE_LENGTH.test(digits)) return undefined
  throw new PrefixError(`prefix ${JSON.stringify(text)} does not end in a length from 0 to ${ADDRESS_BITS[family]}`)
}

function withoutHostBits(text: string, prefix: Prefix): Prefix {
  const value = addressValue(prefix.address)
  const hostBits = value & hostMask(prefix)
  if (hostBits === 0n) return prefix
  const meant = { ...prefix, address: addressFromValue(value ^ hostBits, prefix.family) }
  throw new PrefixError(`prefix ${JSON.stringify(text)} has bits set beyond its length: write ${formatPrefix(meant)}`)
}
