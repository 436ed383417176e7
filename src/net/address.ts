// Addresses as canonical text, and their octets and values. Home of ipaddr.js.

import ipaddr from 'ipaddr.js'
import { decodeIpv6, encodeIpv6, IPV6_OCTETS, writeIpv6 } from './ipv6.ts'

export type Family = 4 | 6

declare const addressBrand: unique symbol

/**
 * Canonical text: dotted quad, or RFC 5952 (section 5 for IPv4-mapped addresses, which stay IPv6: "::ffff:192.0.2.1").
 * Equal strings are equal addresses.
 */
export type Address = string & { readonly [addressBrand]: true }

const COLON = 0x3a

export const ADDRESS_OCTETS = { 4: 4, 6: IPV6_OCTETS } as const
export const ADDRESS_BITS = { 4: 32, 6: 128 } as const

/** Dotted quad without leading zeros: "010.0.0.1" means 8.0.0.1 to some readers and 10.0.0.1 to others. */
const DOTTED_QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d|0)(?:\.(?!$)|$)){4}$/
const LEADING_ZERO = /(?:^|[.:])0\d+(?:\.|$)/

/** The address that `text` writes, or undefined. Takes no zone id, no brackets, no octal or short IPv4 forms. */
export function parseAddress(text: string): Address | undefined {
  if (isDottedQuad(text)) return text as Address
  if (!text.includes(':') || text.includes('%')) return undefined
  if (decodeIpv6(encodeIpv6(text), 0) === text) return text as Address
  const tail = text.slice(text.lastIndexOf(':') + 1)
  if (!tail.includes('.')) return ipaddr.IPv6.isValid(text) ? addressOfOctets(ipaddr.IPv6.parse(text).toByteArray()) : undefined
  // ipaddr.js takes "::192.0.2.1" for an IPv4-mapped address, so it gets to see hexadecimal groups only.
  return isDottedQuad(tail) ? parseAddress(text.slice(0, -tail.length) + hexGroups(ipv4Value(tail as Address))) : undefined
}

export function familyOf(address: Address): Family {
  // By hand, because this is asked ten times for each address that is opened. There are four digits at most before the first colon.
  for (let index = 0; index <= 4; index++) if (address.charCodeAt(index) === COLON) return 6
  return 4
}

/** 4 or 16 octets in network order. */
export function encodeAddress(address: Address): Uint8Array {
  const octets = new Uint8Array(ADDRESS_OCTETS[familyOf(address)])
  writeAddress(address, octets, 0)
  return octets
}

/** The same into octets that are 0, from `offset` on. */
export function writeAddress(address: Address, octets: Uint8Array, offset: number): void {
  if (familyOf(address) === 6) return writeIpv6(address, octets, offset)
  const value = ipv4Value(address)
  octets[offset] = value >>> 24
  octets[offset + 1] = value >>> 16
  octets[offset + 2] = value >>> 8
  octets[offset + 3] = value
}

/** The address in the 4 or 16 octets at `offset`, which must be there. */
export function decodeAddress(octets: Uint8Array, offset: number, family: Family): Address {
  if (family === 6) return decodeIpv6(octets, offset) as Address
  return `${octets[offset]}.${octets[offset + 1]}.${octets[offset + 2]}.${octets[offset + 3]}` as Address
}

/** The address as one number, its first octet the most significant. */
export function addressValue(address: Address): bigint {
  if (familyOf(address) === 4) return BigInt(ipv4Value(address))
  if (address !== last.address) last = { address, value: ipv6Value(address) }
  return last.value
}

/** Screening asks for the value of one address several times over. */
let last: { readonly address: Address | undefined; readonly value: bigint } = { address: undefined, value: 0n }

function ipv6Value(address: Address): bigint {
  const view = new DataView(encodeIpv6(address).buffer)
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8)
}

export function addressFromValue(value: bigint, family: Family): Address {
  const octets = new Uint8Array(ADDRESS_OCTETS[family])
  for (let index = octets.length - 1, rest = value; index >= 0; index--, rest >>= 8n) octets[index] = Number(rest & 255n)
  return decodeAddress(octets, 0, family)
}

/** An IPv4 address as an unsigned 32-bit number: what hot checks use instead of `addressValue`. */
export function ipv4Value(address: Address): number {
  let value = 0
  let octet = 0
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index)
    if (code === 0x2e) {
      value = value * 256 + octet
      octet = 0
    } else octet = octet * 10 + code - 0x30
  }
  return value * 256 + octet
}

function isDottedQuad(text: string): boolean {
  return DOTTED_QUAD.test(text) && !LEADING_ZERO.test(text)
}

function hexGroups(value: number): string {
  return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`
}

function addressOfOctets(octets: readonly number[]): Address {
  return decodeIpv6(Uint8Array.from(octets), 0) as Address
}
