// A lease and the set element that holds it: which set, which octets, and back.
import { ADDRESS_OCTETS, type Address, decodeAddress, encodeAddress, type Family, familyOf, writeAddress } from '../../net/address.ts'
import { type Access, ANY_PORTS, ECHO, type PortRange, type Protocol } from '../../net/port.ts'
import type { Pair } from './description.ts'

/** What a learned element opens. Client and destination are of one family. */
export interface LeaseKey extends Pair {
  readonly ports: Access
}

/** IPPROTO_TCP and IPPROTO_UDP */
export const PROTOCOL_NUMBER = { tcp: 6, udp: 17 } as const
/** IPPROTO_ICMP and IPPROTO_ICMPV6, and the type of an echo request. Connection tracking has type and code where others have the port. */
export const ECHO_REQUEST = { 4: { protocol: 1, type: 8 }, 6: { protocol: 58, type: 128 } } as const
const FIELD_OCTETS = 4

export function protocolNumbered(number: number): Protocol | undefined {
  if (number === PROTOCOL_NUMBER.tcp) return 'tcp'
  return number === PROTOCOL_NUMBER.udp ? 'udp' : undefined
}

/** 'allow4' for a single port, 'any6' for all ports, 'tcp_8000_8100_v4' for a range. */
export function leaseSetOf(key: LeaseKey): string {
  return learnedSetName(key.ports, familyOf(key.destination))
}

export function learnedSetName(ports: Access, family: Family): string {
  if (ports.protocol === 'any') return `any${family}`
  return isSinglePort(ports) ? `allow${family}` : `${ports.protocol}_${ports.first}_${ports.last}_v${family}`
}

export function isSinglePort(ports: Access): boolean {
  return ports.protocol !== 'any' && ports.first === ports.last
}

const LEARNED_SET = /^(?:(?<kind>allow|any)|(?<protocol>tcp|udp)_(?<first>\d+)_(?<last>\d+)_v)(?<family>[46])$/

/** Is this the name of a set of learned elements? */
export function isLearnedSet(name: string): boolean {
  return LEARNED_SET.test(name)
}

/** Fields in network order, each padded to four octets: client, destination, and for single ports and echo protocol and port. */
export function encodeLeaseKey(key: LeaseKey): Uint8Array {
  const { ports } = key
  if (ports.protocol === 'any' || !isSinglePort(ports)) return encodePairKey(key)
  const octets = pairKey(key, 2 * FIELD_OCTETS)
  const at = octets.length - 2 * FIELD_OCTETS
  if (ports.protocol === 'icmp') writeEcho(octets, at, familyOf(key.destination))
  else writePort(octets, at, PROTOCOL_NUMBER[ports.protocol], ports.first)
  return octets
}

function writeEcho(octets: Uint8Array, at: number, family: Family): void {
  const { protocol, type } = ECHO_REQUEST[family]
  writePort(octets, at, protocol, type << 8)
}

function writePort(octets: Uint8Array, at: number, protocol: number, port: number): void {
  octets[at] = protocol
  octets[at + FIELD_OCTETS] = port >> 8
  octets[at + FIELD_OCTETS + 1] = port
}

/** Protocol and "port" of echo requests. */
export function encodeEcho(family: Family): readonly Uint8Array[] {
  const { protocol, type } = ECHO_REQUEST[family]
  return [encodeProtocol(protocol), encodePort(type << 8)]
}

/** What an element of that set opens; undefined if the set is not one of learned elements or the octets are not a key of it. */
export function decodeLeaseKey(set: string, octets: Uint8Array, guard: 'forward' | 'output'): LeaseKey | undefined {
  const name = LEARNED_SET.exec(set)?.groups
  if (name === undefined) return undefined
  const family: Family = name.family === '4' ? 4 : 6
  const clientOctets = guard === 'forward' ? ADDRESS_OCTETS[family] : 0
  const portsAt = clientOctets + ADDRESS_OCTETS[family]
  if (octets.length !== portsAt + (name.kind === 'allow' ? 2 * FIELD_OCTETS : 0)) return undefined
  const ports = name.kind === undefined ? rangeOf(name) : name.kind === 'any' ? ANY_PORTS : decodeAllowed(octets, portsAt, family)
  if (ports === undefined) return undefined
  const client = clientOctets === 0 ? undefined : decodeAddress(octets, 0, family)
  return { client, destination: decodeAddress(octets, clientOctets, family), ports }
}

/** Of a set that is for one range of ports. */
export function rangeOfSet(set: string): PortRange | undefined {
  const name = LEARNED_SET.exec(set)?.groups
  return name === undefined || name.kind !== undefined ? undefined : rangeOf(name)
}

/** 'revoked4' */
export function revokedSetOf({ destination }: Pair): string {
  return `revoked${familyOf(destination)}`
}

/** Client and destination in network order. */
export function encodePairKey(pair: Pair): Uint8Array {
  return pairKey(pair, 0)
}

/** And room for what follows, one array for all (bench: commit). */
function pairKey({ client, destination }: Pair, furtherOctets: number): Uint8Array {
  const addressOctets = ADDRESS_OCTETS[familyOf(destination)]
  const clientOctets = client === undefined ? 0 : addressOctets
  const octets = new Uint8Array(clientOctets + addressOctets + furtherOctets)
  if (client !== undefined) writeAddress(client, octets, 0)
  writeAddress(destination, octets, clientOctets)
  return octets
}

export function decodePairKey(octets: Uint8Array, family: Family, guard: 'forward' | 'output'): Pair | undefined {
  const clientOctets = guard === 'forward' ? ADDRESS_OCTETS[family] : 0
  if (octets.length !== clientOctets + ADDRESS_OCTETS[family]) return undefined
  const client = clientOctets === 0 ? undefined : decodeAddress(octets, 0, family)
  return { client, destination: decodeAddress(octets, clientOctets, family) }
}

/** The key of a set of plain addresses. */
export function encodeAddressKey(address: Address): Uint8Array {
  return encodeAddress(address)
}

export function encodeProtocol(protocol: number): Uint8Array {
  return Uint8Array.of(protocol, 0, 0, 0)
}

export function encodePort(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 255, 0, 0)
}

export function joinFields(fields: readonly Uint8Array[]): Uint8Array {
  const key = new Uint8Array(fields.reduce((octets, field) => octets + field.length, 0))
  let offset = 0
  for (const field of fields) {
    key.set(field, offset)
    offset += field.length
  }
  return key
}

function rangeOf(name: Record<string, string | undefined>): PortRange {
  return { protocol: name.protocol as Protocol, first: Number(name.first), last: Number(name.last) }
}

function decodeAllowed(octets: Uint8Array, offset: number, family: Family): Access | undefined {
  return octets[offset] === ECHO_REQUEST[family].protocol ? ECHO : decodePort(octets, offset)
}

/** Protocol and port as a key holds them. */
export function decodePort(octets: Uint8Array, offset: number): (PortRange & { readonly protocol: Protocol }) | undefined {
  const protocol = octets[offset] === PROTOCOL_NUMBER.tcp ? 'tcp' : octets[offset] === PROTOCOL_NUMBER.udp ? 'udp' : undefined
  const port = (octets[offset + FIELD_OCTETS]! << 8) | octets[offset + FIELD_OCTETS + 1]!
  return protocol === undefined ? undefined : { protocol, first: port, last: port }
}
