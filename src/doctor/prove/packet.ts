// Headers by hand: IPv4 (RFC 791), IPv6 (RFC 8200), UDP, TCP and ICMP, with their checksums.
import { type Address, encodeAddress, parseAddress } from '../../net/address.ts'
import { PROTOCOL } from './frame.ts'

export interface Envelope {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  /** Flags and offset of a fragment in eights of octets; whole unless told. */
  readonly fragment?: { readonly offset: number; readonly more: boolean; readonly id: number }
  /** IPv4 options, a multiple of four octets. */
  readonly options?: Uint8Array
  /** IPv6 extension headers, in their order; that of a fragment comes after them. */
  readonly extensions?: readonly Extension[]
  /** TTL or hop limit; 64 unless told. */
  readonly hops?: number
}

export interface Extension {
  readonly kind: number
  /** What follows the kind of the next header: 7 octets, or 8 more and so on. */
  readonly octets: Uint8Array
}

/** Hop-by-hop options, routing, fragment, destination options (RFC 8200); mobility, host identity, shim (RFC 6275, 7401, 5533). */
export const EXTENSION = { hopByHop: 0, routing: 43, fragment: 44, destination: 60, mobility: 135, hip: 139, shim: 140 } as const

const TTL = 64
const MORE_FRAGMENTS = 0x2000

/** A packet of whichever family its addresses are. */
export function ip(envelope: Envelope, content: Uint8Array): Buffer {
  return envelope.destination.includes(':') ? ip6(envelope, content) : ip4(envelope, content)
}

function ip4({ source, destination, protocol, fragment, options = new Uint8Array(), hops = TTL }: Envelope, content: Uint8Array): Buffer {
  const header = Buffer.alloc(20 + options.length)
  header[0] = 0x40 | (header.length / 4)
  header.writeUInt16BE(header.length + content.length, 2)
  if (fragment !== undefined) {
    header.writeUInt16BE(fragment.id, 4)
    header.writeUInt16BE((fragment.more ? MORE_FRAGMENTS : 0) | fragment.offset, 6)
  }
  header[8] = hops
  header[9] = protocol
  header.set(octetsOf(source), 12)
  header.set(octetsOf(destination), 16)
  header.set(options, 20)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, content])
}

function ip6({ source, destination, protocol, fragment, extensions = [], hops = TTL }: Envelope, content: Uint8Array): Buffer {
  const all = [...extensions, ...(fragment === undefined ? [] : [fragmentHeader(fragment)])]
  const kinds = [...all.map(({ kind }) => kind), protocol]
  const headers = Buffer.concat(all.map(({ octets }, index) => Buffer.concat([Uint8Array.of(kinds[index + 1]!), octets])))
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(headers.length + content.length, 4)
  header[6] = kinds[0]!
  header[7] = hops
  header.set(octetsOf(source), 8)
  header.set(octetsOf(destination), 24)
  return Buffer.concat([header, headers, content])
}

function fragmentHeader({ offset, more, id }: NonNullable<Envelope['fragment']>): Extension {
  const octets = Buffer.alloc(7)
  octets.writeUInt16BE((offset << 3) | (more ? 1 : 0), 1)
  octets.writeUInt32BE(id, 3)
  return { kind: EXTENSION.fragment, octets }
}

/** Whoever does not know an option of this type skips it (RFC 8200 section 4.2). */
const TO_BE_SKIPPED = 0x1e
/** And of this one tells the source. */
export const TO_BE_COMPLAINED_OF = 0x9e

/** A header of options that holds one. */
export function optionHeader(kind: number, content: Uint8Array, type = TO_BE_SKIPPED): Extension {
  const eights = Math.ceil((4 + content.length) / 8)
  const octets = Buffer.alloc(eights * 8 - 1)
  octets.set([eights - 1, type, octets.length - 3], 0)
  octets.set(content, 3)
  return { kind, octets }
}

/** A routing header with one address still to visit. */
export function routingHeader(type: number, address: string): Extension {
  return { kind: EXTENSION.routing, octets: Buffer.concat([Uint8Array.of(2, type, 1, 0, 0, 0, 0), octetsOf(address)]) }
}

/** The packet in fragments of so many octets, a multiple of eight. */
export function fragmentsOf(envelope: Envelope, content: Uint8Array, octets: number, id: number): readonly Buffer[] {
  const count = Math.ceil(content.length / octets)
  return Array.from({ length: count }, (_, index) => {
    const fragment = { offset: (index * octets) / 8, more: index + 1 < count, id }
    return ip({ ...envelope, fragment }, content.subarray(index * octets, (index + 1) * octets))
  })
}

export interface Ends {
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
  /** TCP options, a multiple of four octets. */
  readonly options?: Uint8Array
}

export function udp(ends: Ends, payload: Uint8Array): Buffer {
  const datagram = Buffer.alloc(8 + payload.length)
  datagram.writeUInt16BE(ends.sourcePort, 0)
  datagram.writeUInt16BE(ends.destinationPort, 2)
  datagram.writeUInt16BE(datagram.length, 4)
  datagram.set(payload, 8)
  datagram.writeUInt16BE(transportChecksum(ends, PROTOCOL.udp, datagram), 6)
  return datagram
}

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const

/** Multipath TCP's MP_JOIN (RFC 8684 section 3.2), with a token and a number of nobody's; a cookie of Fast Open (RFC 7413), and two octets of nothing. */
export const TCP_OPTION = {
  join: Uint8Array.of(30, 12, 0x10, 1, 1, 2, 3, 4, 5, 6, 7, 8),
  cookie: Uint8Array.of(34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1),
} as const

export function tcp(ends: Ends, flags: number, payload: Uint8Array = new Uint8Array(), sequence = 1): Buffer {
  const { options = new Uint8Array() } = ends
  const segment = Buffer.alloc(20 + options.length + payload.length)
  segment.writeUInt16BE(ends.sourcePort, 0)
  segment.writeUInt16BE(ends.destinationPort, 2)
  segment.writeUInt32BE(sequence, 4)
  segment.writeUInt32BE(flags & TCP_FLAG.ack ? 1 : 0, 8)
  segment[12] = 0x50 + (options.length << 2)
  segment[13] = flags
  segment.writeUInt16BE(64_240, 14)
  segment.set(options, 20)
  segment.set(payload, 20 + options.length)
  segment.writeUInt16BE(transportChecksum(ends, PROTOCOL.tcp, segment), 16)
  return segment
}

/** ICMP, or ICMPv6 where the addresses are IPv6. `rest` is what follows type, code and checksum. */
export function icmp(ends: Pick<Ends, 'source' | 'destination'>, type: number, code: number, rest: Uint8Array): Buffer {
  const message = Buffer.alloc(4 + rest.length)
  message.set([type, code], 0)
  message.set(rest, 4)
  const isIpv6 = ends.destination.includes(':')
  message.writeUInt16BE(isIpv6 ? transportChecksum(ends, PROTOCOL.icmp6, message) : checksum(message), 2)
  return message
}

/** A whole UDP packet; `envelope` adds to its header. */
export function udpPacket(ends: Ends, payload: Uint8Array, envelope: Partial<Envelope> = {}): Buffer {
  return ip({ ...ends, protocol: PROTOCOL.udp, ...envelope }, udp(ends, payload))
}

/** A whole TCP packet; `envelope` adds to its header. */
export function tcpPacket(ends: Ends, flags: number, payload?: Uint8Array, envelope: Partial<Envelope> = {}): Buffer {
  return ip({ ...ends, protocol: PROTOCOL.tcp, ...envelope }, tcp(ends, flags, payload))
}

/** Neighbour discovery believes nobody whose packet a router has passed on (RFC 4861 section 6.1). */
export const ON_LINK: Partial<Envelope> = { hops: 255 }

/** A whole ICMP or ICMPv6 packet; `envelope` adds to its header. */
export function icmpPacket(
  ends: Pick<Ends, 'source' | 'destination'>,
  type: number,
  code: number,
  rest: Uint8Array,
  envelope: Partial<Envelope> = {},
): Buffer {
  const protocol = ends.destination.includes(':') ? PROTOCOL.icmp6 : PROTOCOL.icmp
  return ip({ ...ends, protocol, ...envelope }, icmp(ends, type, code, rest))
}

function transportChecksum({ source, destination }: Pick<Ends, 'source' | 'destination'>, protocol: number, content: Uint8Array): number {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return checksum(Buffer.concat([octetsOf(source), octetsOf(destination), length, Uint8Array.of(0, 0, 0, protocol), content])) || 0xffff
}

/** Tags of virtual networks, four octets each: that of a priority alone the kernel takes off, in the customer's form and in the provider's (IEEE 802.1Q, 802.1ad). */
export const TAG = { priority: 0x8100_e000, servicePriority: 0x88a8_e000, fifth: 0x8100_0005 } as const

/** RFC 1071 */
function checksum(octets: Uint8Array): number {
  let sum = 0
  for (let index = 0; index < octets.length; index += 2) sum += (octets[index]! << 8) | (octets[index + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export function octetsOf(text: string): Uint8Array {
  const address = parseAddress(text)
  if (address === undefined) throw new TypeError(`"${text}" is not an address`)
  return encodeAddress(address satisfies Address)
}
