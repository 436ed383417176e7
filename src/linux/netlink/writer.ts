// Netlink messages written one after the other into one growing buffer: headers in host order, attributes aligned to four octets,
// lengths patched when a message or a nest ends. Layout: include/uapi/linux/netlink.h, nfnetlink.h.

export const MESSAGE_HEADER_OCTETS = 16
const ATTRIBUTE_HEADER_OCTETS = 4
const NLA_F_NESTED = 0x8000
const FIRST_OCTETS = 256 * 1024
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

export class Writer {
  length = 0
  #octets: Buffer
  #view: DataView
  #message = 0

  constructor(octets = FIRST_OCTETS) {
    this.#octets = Buffer.allocUnsafeSlow(octets)
    this.#view = viewOf(this.#octets)
  }

  /** What was written so far; valid until the next write. */
  written(): Uint8Array {
    return this.#octets.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  /** struct nlmsghdr; the kernel fills in the port id. */
  beginMessage(type: number, flags: number, sequence: number): void {
    const start = this.#reserve(MESSAGE_HEADER_OCTETS)
    this.#message = start
    this.#view.setUint16(start + 4, type, LITTLE_ENDIAN)
    this.#view.setUint16(start + 6, flags, LITTLE_ENDIAN)
    this.#view.setUint32(start + 8, sequence, LITTLE_ENDIAN)
    this.#view.setUint32(start + 12, 0, LITTLE_ENDIAN)
  }

  endMessage(): void {
    this.#view.setUint32(this.#message, this.length - this.#message, LITTLE_ENDIAN)
  }

  /** Sets further flags of the message written last. */
  addFlags(flags: number): void {
    const at = this.#message + 6
    this.#view.setUint16(at, this.#view.getUint16(at, LITTLE_ENDIAN) | flags, LITTLE_ENDIAN)
  }

  /** Octets without an attribute header, padded to four: a family's own header. */
  raw(octets: ArrayLike<number>): void {
    this.#put(this.#reserve(octets.length), octets)
  }

  /** struct nfgenmsg */
  netfilterHeader(family: number, resource: number): void {
    const start = this.#reserve(4)
    this.#octets[start] = family
    this.#octets[start + 1] = 0
    this.#octets[start + 2] = resource >> 8
    this.#octets[start + 3] = resource & 255
  }

  octets(type: number, value: ArrayLike<number>): void {
    this.#put(this.#attribute(type, value.length), value)
  }

  u8(type: number, value: number): void {
    this.#octets[this.#attribute(type, 1)] = value
  }

  u16(type: number, value: number): void {
    const start = this.#attribute(type, 2)
    this.#view.setUint16(start, value, false)
  }

  /** In network order, as nftables and conntrack want it. */
  u32(type: number, value: number): void {
    const start = this.#attribute(type, 4)
    this.#view.setUint32(start, value, false)
  }

  /** In host order, as rtnetlink wants it. */
  hostU32(type: number, value: number): void {
    const start = this.#attribute(type, 4)
    this.#view.setUint32(start, value, LITTLE_ENDIAN)
  }

  u64(type: number, value: number): void {
    const start = this.#attribute(type, 8)
    this.#view.setUint32(start, Math.floor(value / 0x1_0000_0000), false)
    this.#view.setUint32(start + 4, value >>> 0, false)
  }

  /** A text and the octet 0 that ends it. */
  text(type: number, value: string): void {
    const octets = Buffer.byteLength(value)
    this.#putText(this.#attribute(type, octets + 1), value, octets)
  }

  /** User data with one text in it, as nft(8) lays it out: type, length, the text and an octet 0. */
  userdata(type: number, kind: number, value: string): void {
    const octets = Buffer.byteLength(value)
    const start = this.#attribute(type, octets + 3)
    this.#octets[start] = kind
    this.#octets[start + 1] = octets + 1
    this.#putText(start + 2, value, octets)
  }

  /** Opens an attribute that holds attributes; give what it returns to `endNest`. */
  beginNest(type: number): number {
    return this.#attribute(type | NLA_F_NESTED, 0) - ATTRIBUTE_HEADER_OCTETS
  }

  endNest(start: number): void {
    this.#view.setUint16(start, this.length - start, LITTLE_ENDIAN)
  }

  #attribute(type: number, octets: number): number {
    const start = this.#reserve(ATTRIBUTE_HEADER_OCTETS + octets)
    this.#view.setUint16(start, ATTRIBUTE_HEADER_OCTETS + octets, LITTLE_ENDIAN)
    this.#view.setUint16(start + 2, type, LITTLE_ENDIAN)
    return start + ATTRIBUTE_HEADER_OCTETS
  }

  // ASCII by hand, for the same reason.
  #putText(start: number, value: string, octets: number): void {
    const target = this.#octets
    if (octets === value.length) for (let i = 0; i < octets; i++) target[start + i] = value.charCodeAt(i)
    else target.write(value, start)
    target[start + octets] = 0
  }

  // Octets by hand: for the four to forty of a key this is several times faster than `set`.
  #put(start: number, octets: ArrayLike<number>): void {
    const target = this.#octets
    for (let i = 0; i < octets.length; i++) target[start + i] = octets[i]!
  }

  /** Room for that many octets, padded with zeros to a multiple of four. */
  #reserve(octets: number): number {
    const start = this.length
    const end = start + ((octets + 3) & ~3)
    if (end > this.#octets.length) this.#grow(end)
    for (let i = start + octets; i < end; i++) this.#octets[i] = 0
    this.length = end
    return start
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#octets.length * 2))
    this.#octets.copy(larger, 0, 0, this.length)
    this.#octets = larger
    this.#view = viewOf(larger)
  }
}

function viewOf(octets: Buffer): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length)
}
