import { MOST_LABEL_OCTETS, POINTER } from './name.ts'
import { readUint16, readUint32 } from './octets.ts'

/** Type, class, TTL and RDLENGTH (RFC 1035 section 4.1.3). */
const FIXED_OCTETS = 10
const NO_OCTETS = new Uint8Array(0)

/** The offset behind the name at `offset`, or -1 if it runs out of the message. Pointers are stepped over, not followed. */
export function skipName(message: Uint8Array, offset: number, length: number): number {
  let at = offset
  while (at < length) {
    const octet = message[at]!
    if (octet === 0) return at + 1
    if (octet >= POINTER) return at + 2 <= length ? at + 2 : -1
    if (octet > MOST_LABEL_OCTETS) return -1
    at += 1 + octet
  }
  return -1
}

/** Walks records in place: one cursor, no object a record. `advance` fills the fields, or returns false at malformed octets. */
export class RecordCursor {
  owner = 0
  type = 0
  rrClass = 0
  ttl = 0
  rdata = 0
  end = 0
  #message: Uint8Array = NO_OCTETS
  #length = 0

  /** Stands before the record that begins at `offset`. */
  start(message: Uint8Array, length: number, offset: number): void {
    this.#message = message
    this.#length = length
    this.end = offset
  }

  advance(): boolean {
    const message = this.#message
    const fixed = skipName(message, this.end, this.#length)
    if (fixed === -1 || fixed + FIXED_OCTETS > this.#length) return false
    this.owner = this.end
    this.type = readUint16(message, fixed)
    this.rrClass = readUint16(message, fixed + 2)
    this.ttl = readUint32(message, fixed + 4)
    this.rdata = fixed + FIXED_OCTETS
    this.end = this.rdata + readUint16(message, fixed + 8)
    return this.end <= this.#length
  }
}
