// Packets that no honest program sends, written octet by octet and sent from a namespace as they are.
import koffi from 'koffi'
import { encodeAddress, familyOf, parseAddress } from '../../src/net/address.ts'
import type { Namespace } from './namespace.ts'
import { inNamespace } from './netns.ts'

const library = koffi.load(null)
const socket = library.func('int socket(int domain, int type, int protocol)')
const close = library.func('int close(int fd)')
const setsockopt = library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)')
const sendto = library.func(
  'intptr_t sendto(int fd, const void *octets, size_t length, int flags, const void *address, uint32_t octetsOfAddress)',
)

const AF = { 4: 2, 6: 10 } as const
const SOCK_RAW = 3
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SO_BINDTODEVICE = 25
/** IPPROTO_RAW: the header is ours too. */
const IPPROTO_RAW = 255

export const PROTOCOL = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  sctp: 132,
} as const

export interface RawPacket {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly payload: Uint8Array
  /** IPv4: octets of options, a multiple of four. */
  readonly options?: readonly number[]
  /** IPv4: identification, offset in octets, and whether more follow. */
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean }
}

/** Sends packets from the namespace; throws where its kernel refuses to. */
export function sendRaw(namespace: Namespace, ...packets: readonly RawPacket[]): void {
  inNamespace(namespace, () => {
    for (const packet of packets) send(packet)
  })
}

function send(packet: RawPacket): void {
  const family = familyOf(parseAddress(packet.destination)!)
  const octets = family === 4 ? ipv4(packet) : ipv6(packet)
  sendFrom(socket(AF[family], SOCK_RAW, IPPROTO_RAW), octets, socketAddress(family, packet.destination, 0))
}

/** A datagram through one device, whatever the routes say: any program may ask for that. Throws where the kernel refuses to. */
export function sendThrough(namespace: Namespace, device: string, destination: string, port: number, text: string): void {
  const family = familyOf(parseAddress(destination)!)
  inNamespace(namespace, () => {
    const fd = socket(AF[family], SOCK_DGRAM, 0)
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(device), device.length)
    sendFrom(fd, Buffer.from(text), socketAddress(family, destination, port))
  })
}

function sendFrom(fd: number, octets: Uint8Array, to: Buffer): void {
  const sent = sendto(fd, octets, octets.length, 0, to, to.length)
  const errno = koffi.errno()
  close(fd)
  if (Number(sent) < 0) throw new Error(`a packet was not sent: errno ${errno}`)
}

/** struct sockaddr_in, struct sockaddr_in6 */
function socketAddress(family: 4 | 6, destination: string, port: number): Buffer {
  const address = Buffer.alloc(family === 4 ? 16 : 28)
  address.writeUInt16LE(AF[family], 0)
  address.writeUInt16BE(port, 2)
  address.set(encodeAddress(parseAddress(destination)!), family === 4 ? 4 : 8)
  return address
}

/** RFC 791. The kernel fills in length and checksum. */
function ipv4({ source, destination, protocol, payload, options = [], fragment }: RawPacket): Buffer {
  const headerOctets = 20 + options.length
  const header = Buffer.alloc(headerOctets)
  header[0] = 0x40 | (headerOctets / 4)
  header.writeUInt16BE(headerOctets + payload.length, 2)
  header.writeUInt16BE(fragment?.id ?? 0, 4)
  header.writeUInt16BE((fragment?.more ? 0x2000 : 0) | ((fragment?.offset ?? 0) / 8), 6)
  header[8] = 64
  header[9] = protocol
  header.set(encodeAddress(parseAddress(source)!), 12)
  header.set(encodeAddress(parseAddress(destination)!), 16)
  header.set(options, 20)
  return Buffer.concat([header, payload])
}

/** RFC 8200. Hop limit 255, which neighbour discovery wants to see. */
function ipv6({ source, destination, protocol, payload }: RawPacket): Buffer {
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(payload.length, 4)
  header[6] = protocol
  header[7] = 255
  header.set(encodeAddress(parseAddress(source)!), 8)
  header.set(encodeAddress(parseAddress(destination)!), 24)
  return Buffer.concat([header, payload])
}

interface Ends {
  readonly source: string
  readonly destination: string
}

export function udpPacket(ends: Ends, destinationPort: number, text: string, sourcePort = 40_000): RawPacket {
  const datagram = Buffer.alloc(8 + text.length)
  datagram.writeUInt16BE(sourcePort, 0)
  datagram.writeUInt16BE(destinationPort, 2)
  datagram.writeUInt16BE(datagram.length, 4)
  datagram.write(text, 8)
  return { ...ends, protocol: PROTOCOL.udp, payload: withChecksum(ends, PROTOCOL.udp, datagram, 6) }
}

/** `flags`: FIN 1, SYN 2, RST 4, ACK 16. */
export function tcpPacket(ends: Ends, ports: { readonly from: number; readonly to: number }, flags: number, text = ''): RawPacket {
  const segment = Buffer.alloc(20 + text.length)
  segment.writeUInt16BE(ports.from, 0)
  segment.writeUInt16BE(ports.to, 2)
  segment.writeUInt32BE(0x01020304, 4)
  segment.writeUInt32BE(flags & 16 ? 0x05060708 : 0, 8)
  segment[12] = 0x50
  segment[13] = flags
  segment.writeUInt16BE(0xffff, 14)
  segment.write(text, 20)
  return { ...ends, protocol: PROTOCOL.tcp, payload: withChecksum(ends, PROTOCOL.tcp, segment, 16) }
}

export function icmpPacket(ends: Ends, type: number, code: number, body: Uint8Array): RawPacket {
  const family = familyOf(parseAddress(ends.destination)!)
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), body])
  if (family === 6) return { ...ends, protocol: PROTOCOL.icmpv6, payload: withChecksum(ends, PROTOCOL.icmpv6, message, 2) }
  message.writeUInt16BE(checksum(message), 2)
  return { ...ends, protocol: PROTOCOL.icmp, payload: message }
}

/** The packet cut into IPv4 fragments of so many octets. */
export function fragmentsOf(packet: RawPacket, octets: number, id: number): readonly RawPacket[] {
  const count = Math.ceil(packet.payload.length / octets)
  return Array.from({ length: count }, (_, index) => ({
    ...packet,
    payload: packet.payload.subarray(index * octets, (index + 1) * octets),
    fragment: { id, offset: index * octets, more: index + 1 < count },
  }))
}

/** Over the pseudo header (RFC 793, RFC 8200 section 8.1) and the segment. */
function withChecksum({ source, destination }: Ends, protocol: number, segment: Buffer, at: number): Buffer {
  const length = Buffer.alloc(8)
  length.writeUInt32BE(segment.length, 0)
  length[7] = protocol
  const addresses = [source, destination].map((text) => encodeAddress(parseAddress(text)!))
  segment.writeUInt16BE(checksum(Buffer.concat([...addresses, length, segment])), at)
  return segment
}

/** RFC 1071. */
function checksum(octets: Uint8Array): number {
  let sum = 0
  for (let index = 0; index < octets.length; index += 2) sum += (octets[index]! << 8) | (octets[index + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
