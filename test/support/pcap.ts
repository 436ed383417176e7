// Reads what tcpdump -w writes: Ethernet frames, as far as the tests ask about them.

export interface Packet {
  /** Ethernet source: who put it on the wire. */
  readonly sender: string
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'arp' | `ethertype ${number}` | `protocol ${number}`
  readonly source: string
  readonly destination: string
  /** 0 where the protocol has none; the type for ICMP. */
  readonly sourcePort: number
  readonly destinationPort: number
  /** Whether it is a TCP reset. */
  readonly reset: boolean
  /** Of UDP and TCP. */
  readonly payload: Buffer
}

const FILE_HEADER_OCTETS = 24
const RECORD_HEADER_OCTETS = 16
const ETHERNET_OCTETS = 14
const RESET = 4

export function decodeCapture(file: Buffer): Packet[] {
  const packets: Packet[] = []
  let offset = FILE_HEADER_OCTETS
  while (offset + RECORD_HEADER_OCTETS <= file.length) {
    const length = file.readUInt32LE(offset + 8)
    const start = offset + RECORD_HEADER_OCTETS
    if (start + length > file.length) break
    packets.push(decodeFrame(file.subarray(start, start + length)))
    offset = start + length
  }
  return packets
}

function decodeFrame(frame: Buffer): Packet {
  const sender = frame
    .subarray(6, 12)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:')
  const body = frame.subarray(ETHERNET_OCTETS)
  const ethertype = frame.readUInt16BE(12)
  if (ethertype === 0x0800) return { sender, ...decodeIpv4(body) }
  if (ethertype === 0x86dd) return { sender, ...decodeIpv6(body) }
  const protocol = ethertype === 0x0806 ? 'arp' : (`ethertype ${ethertype}` as const)
  return { sender, protocol, source: '', destination: '', sourcePort: 0, destinationPort: 0, reset: false, payload: body }
}

type Body = Omit<Packet, 'sender'>

function decodeIpv4(body: Buffer): Body {
  const end = Math.min(body.readUInt16BE(2), body.length)
  const text = (offset: number): string => body.subarray(offset, offset + 4).join('.')
  return { source: text(12), destination: text(16), ...decodeTransport(body[9]!, body.subarray((body[0]! & 15) * 4, end)) }
}

function decodeIpv6(body: Buffer): Body {
  const end = Math.min(40 + body.readUInt16BE(4), body.length)
  const hopByHop = body[6] === 0
  const start = hopByHop ? 40 + (body[41]! + 1) * 8 : 40
  const protocol = hopByHop ? body[40]! : body[6]!
  return {
    source: formatIpv6(body.subarray(8, 24)),
    destination: formatIpv6(body.subarray(24, 40)),
    ...decodeTransport(protocol, body.subarray(start, end)),
  }
}

function decodeTransport(protocol: number, segment: Buffer): Omit<Body, 'source' | 'destination'> {
  if (protocol === 1 || protocol === 58) {
    return {
      protocol: protocol === 1 ? 'icmp' : 'icmp6',
      sourcePort: segment[0]!,
      destinationPort: segment[0]!,
      reset: false,
      payload: segment.subarray(4),
    }
  }
  if (protocol !== 6 && protocol !== 17)
    return { protocol: `protocol ${protocol}`, sourcePort: 0, destinationPort: 0, reset: false, payload: segment }
  const headerOctets = protocol === 6 ? (segment[12]! >> 4) * 4 : 8
  const ports = { sourcePort: segment.readUInt16BE(0), destinationPort: segment.readUInt16BE(2) }
  const reset = protocol === 6 && (segment[13]! & RESET) !== 0
  return { protocol: protocol === 6 ? 'tcp' : 'udp', ...ports, reset, payload: segment.subarray(headerOctets) }
}

/** RFC 5952, through the URL parser. */
function formatIpv6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
