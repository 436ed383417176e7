// Netlink messages read in place: a message is an offset and a length, attributes are looked up by type.

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const NLA_TYPE_MASK = 0x3fff

/** Message types of include/uapi/linux/netlink.h. */
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3 } as const

/** One message: its header's fields, and its octets after the header. */
export interface Message {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly portId: number
  readonly body: Buffer
}

/** The messages of one datagram, in order. Their bodies point into `datagram`. */
export function* messagesIn(datagram: Buffer): Generator<Message> {
  let offset = 0
  while (offset + 16 <= datagram.length) {
    const length = u32Host(datagram, offset)
    if (length < 16 || offset + length > datagram.length) return
    yield {
      type: u16Host(datagram, offset + 4),
      flags: u16Host(datagram, offset + 6),
      sequence: u32Host(datagram, offset + 8),
      portId: u32Host(datagram, offset + 12),
      body: datagram.subarray(offset + 16, offset + length),
    }
    offset += (length + 3) & ~3
  }
}

/** Attributes by type; where a type is repeated, the last. */
type Attributes = ReadonlyMap<number, Buffer>

/** The attributes of a message's body after its family's own header, or of a nested attribute. */
export function attributesIn(octets: Buffer, headerOctets = 0): Attributes {
  const found = new Map<number, Buffer>()
  for (const [type, value] of attributeList(octets, headerOctets)) found.set(type, value)
  return found
}

/** The same as a list, for nests that repeat one type. */
function* attributeList(octets: Buffer, headerOctets = 0): Generator<readonly [number, Buffer]> {
  let offset = headerOctets
  while (offset + 4 <= octets.length) {
    const length = u16Host(octets, offset)
    if (length < 4 || offset + length > octets.length) return
    yield [u16Host(octets, offset + 2) & NLA_TYPE_MASK, octets.subarray(offset + 4, offset + length)]
    offset += (length + 3) & ~3
  }
}

/** Where the value of an attribute begins, between two offsets that hold attributes; -1: it is not there. For lists too long for maps. */
export function findAttribute(octets: Buffer, from: number, to: number, wanted: number): number {
  let offset = from
  while (offset + 4 <= to) {
    const length = u16Host(octets, offset)
    if (length < 4 || offset + length > to) return -1
    if ((u16Host(octets, offset + 2) & NLA_TYPE_MASK) === wanted) return offset + 4
    offset += (length + 3) & ~3
  }
  return -1
}

/** Where the value that begins there ends. */
export function attributeEnd(octets: Buffer, value: number): number {
  return value - 4 + u16Host(octets, value - 4)
}

export function u16Host(octets: Buffer, offset: number): number {
  return LITTLE_ENDIAN ? octets.readUInt16LE(offset) : octets.readUInt16BE(offset)
}

export function u32Host(octets: Buffer, offset: number): number {
  return LITTLE_ENDIAN ? octets.readUInt32LE(offset) : octets.readUInt32BE(offset)
}

export function i32Host(octets: Buffer, offset: number): number {
  return u32Host(octets, offset) | 0
}

/** In network order; undefined if the attribute is missing. */
export function u32Of(value: Buffer | undefined): number | undefined {
  return value === undefined ? undefined : value.readUInt32BE(0)
}

/** In network order; exact up to 2^53. */
export function u64Of(value: Buffer | undefined): number | undefined {
  return value === undefined ? undefined : u64At(value, 0)
}

/** In network order; exact up to 2^53. */
export function u64At(octets: Buffer, offset: number): number {
  return octets.readUInt32BE(offset) * 0x1_0000_0000 + octets.readUInt32BE(offset + 4)
}

/** A text up to its final octet 0. */
export function textOf(value: Buffer | undefined): string | undefined {
  if (value === undefined) return undefined
  const end = value.indexOf(0)
  return value.toString('utf8', 0, end < 0 ? value.length : end)
}
