// What the far side needs to know of a frame: who sent what to whom.
import { type Address, decodeAddress, type Family } from '../../net/address.ts'

export interface Packet {
  /** Ethernet source. */
  readonly station: string
  readonly family: Family
  readonly source: Address
  readonly destination: Address
  /** IP protocol number; for ICMP the ports are its type. */
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  /** With options, or a routing header: it may be meant for somebody else than its destination. */
  readonly routed: boolean
  /** A TCP segment that resets. */
  readonly resets: boolean
  /** Everything after the IP header. */
  readonly content: Buffer
  /** What TCP and UDP carry. */
  readonly payload: Buffer
}

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const
const ETHERNET_OCTETS = 14
const RESET = 4
const ETHERTYPE: Readonly<Record<number, Family>> = { 2048: 4, 34525: 6 }
/** Hop-by-hop, routing, destination options (RFC 8200 section 4); a fragment header is eight octets long. */
const ROUTING = 43
const EXTENSIONS: readonly number[] = [0, ROUTING, 60]
const FRAGMENT = 44

/** Undefined for what is not IP: address resolution, spanning tree. */
export function decodeFrame(frame: Buffer): Packet | undefined {
  const family = frame.length > ETHERNET_OCTETS ? ETHERTYPE[frame.readUInt16BE(12)] : undefined
  if (family === undefined) return undefined
  const body = frame.subarray(ETHERNET_OCTETS)
  const { start, protocol, isFirst, routed } = family === 4 ? headerOf4(body) : headerOf6(body)
  const content = body.subarray(start)
  return {
    station: frame.subarray(6, 12).toString('hex'),
    family,
    source: decodeAddress(body, family === 4 ? 12 : 8, family),
    destination: decodeAddress(body, family === 4 ? 16 : 24, family),
    protocol,
    routed,
    resets: protocol === PROTOCOL.tcp && isFirst && content.length >= 14 && (content[13]! & RESET) !== 0,
    content,
    ...transportOf(protocol, isFirst ? content : Buffer.alloc(0)),
  }
}

interface Header {
  readonly start: number
  readonly protocol: number
  /** Whether the transport header is here: not in a later fragment. */
  readonly isFirst: boolean
  readonly routed: boolean
}

function headerOf4(body: Buffer): Header {
  const start = (body[0]! & 15) * 4
  return { start, protocol: body[9]!, isFirst: (body.readUInt16BE(6) & 0x1fff) === 0, routed: start > 20 }
}

function headerOf6(body: Buffer): Header {
  let [start, protocol, isFirst, routed] = [40, body[6]!, true, false]
  while (start + 8 <= body.length && (EXTENSIONS.includes(protocol) || protocol === FRAGMENT)) {
    if (protocol === FRAGMENT) isFirst = body.readUInt16BE(start + 2) >> 3 === 0
    if (protocol === ROUTING) routed = true
    const octets = protocol === FRAGMENT ? 8 : (body[start + 1]! + 1) * 8
    protocol = body[start]!
    start += octets
  }
  return { start, protocol, isFirst, routed }
}

function transportOf(protocol: number, content: Buffer): Pick<Packet, 'sourcePort' | 'destinationPort' | 'payload'> {
  if ((protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmp6) && content.length > 0) {
    return { sourcePort: content[0]!, destinationPort: content[0]!, payload: content.subarray(4) }
  }
  if ((protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp) || content.length < 8)
    return { sourcePort: 0, destinationPort: 0, payload: content }
  const headerOctets = protocol === PROTOCOL.udp || content.length < 13 ? 8 : (content[12]! >> 4) * 4
  return { sourcePort: content.readUInt16BE(0), destinationPort: content.readUInt16BE(2), payload: content.subarray(headerOctets) }
}

export function protocolName(protocol: number): string {
  return Object.entries(PROTOCOL).find(([, number]) => number === protocol)?.[0] ?? `protocol ${protocol}`
}
