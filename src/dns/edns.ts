// EDNS, RFC 6891: the OPT record of a client's query, and ours.

import { ANCOUNT, ARCOUNT, HEADER_OCTETS, NSCOUNT } from './header.ts'
import { readUint16, writeUint16 } from './octets.ts'
import { RecordCursor, skipName } from './records.ts'
import { TYPE } from './vocabulary.ts'

/** What we announce and what we send at most over UDP: fits the IPv6 minimum MTU of 1280 (DNS flag day 2020). */
export const PAYLOAD_OCTETS = 1232
/** Below this a client cannot have meant it (RFC 6891 section 6.2.3), and without OPT it is the limit (RFC 1035 section 4.2.1). */
export const LEAST_PAYLOAD_OCTETS = 512
/** Root owner, type, class, TTL, RDLENGTH. */
export const OPT_OCTETS = 11

const DO = 0x80
const OPTION_HEADER_OCTETS = 4
/** RFC 7873 section 4. */
export const COOKIE = 10
export const CLIENT_COOKIE_OCTETS = 8
const LEAST_SERVER_OCTETS = 8
const MOST_SERVER_OCTETS = 32
const NO_OPTIONS = new Uint8Array(0)

/** The OPT record of one query; the object is reused for the next. */
export class Edns {
  present = false
  version = 0
  payloadOctets = LEAST_PAYLOAD_OCTETS
  dnssecOk = false
  /** Where the client's cookie stands; 0: it sent none. */
  cookieAt = 0
  /** The option with which a reply answers it; for whoever writes the reply to set. */
  replyCookie: Uint8Array = NO_OPTIONS
  readonly #cursor = new RecordCursor()

  /** Looks for OPT among `count` records from `offset` on. False: malformed records, options that do not fit, a cookie of no such length, or a second OPT. */
  read(message: Uint8Array, length: number, offset: number, count: number): boolean {
    this.present = false
    this.version = 0
    this.payloadOctets = LEAST_PAYLOAD_OCTETS
    this.dnssecOk = false
    this.cookieAt = 0
    this.replyCookie = NO_OPTIONS
    const cursor = this.#cursor
    cursor.start(message, length, offset)
    for (let left = count; left > 0; left--) {
      if (!cursor.advance()) return false
      if (cursor.type === TYPE.OPT && !this.#readOpt(message)) return false
    }
    return true
  }

  #readOpt(message: Uint8Array): boolean {
    const cursor = this.#cursor
    if (this.present || message[cursor.owner] !== 0) return false
    this.present = true
    this.payloadOctets = Math.max(cursor.rrClass, LEAST_PAYLOAD_OCTETS)
    const ttl = cursor.rdata - 6 // extended RCODE, version, flags
    this.version = message[ttl + 1]!
    this.dnssecOk = (message[ttl + 2]! & DO) !== 0
    return this.#readOptions(message, cursor.rdata, cursor.end)
  }

  /** Unknown options are ignored (RFC 6891 section 6.1.2), but each must fit; of several cookies the first counts (RFC 7873 section 5.2). */
  #readOptions(message: Uint8Array, offset: number, end: number): boolean {
    let at = offset
    while (at + OPTION_HEADER_OCTETS <= end) {
      const octets = readUint16(message, at + 2)
      if (readUint16(message, at) === COOKIE && this.cookieAt === 0) {
        if (!isCookieLength(octets)) return false
        this.cookieAt = at + OPTION_HEADER_OCTETS
      }
      at += OPTION_HEADER_OCTETS + octets
    }
    return at === end
  }
}

function areOptionsWhole(message: Uint8Array, offset: number, end: number): boolean {
  let at = offset
  while (at + OPTION_HEADER_OCTETS <= end) at += OPTION_HEADER_OCTETS + readUint16(message, at + 2)
  return at === end
}

/** Looked at before the next search: one will do. */
const cursor = new RecordCursor()

/** Stands, until the next call, at the OPT record of a message with one question, or is undefined if there is none or the message is malformed. */
export function findOpt(message: Uint8Array): Readonly<RecordCursor> | undefined {
  const question = skipName(message, HEADER_OCTETS, message.length)
  if (question < 0) return undefined
  cursor.start(message, message.length, question + 4)
  const records = readUint16(message, ANCOUNT) + readUint16(message, NSCOUNT) + readUint16(message, ARCOUNT)
  for (let left = records; left > 0 && cursor.advance(); left--) if (cursor.type === TYPE.OPT) return cursor
  return undefined
}

/** Where the content of an option stands. */
export interface OptionPlace {
  readonly code: number
  readonly start: number
  readonly end: number
}

const NO_PLACES: readonly OptionPlace[] = []

/** The options of the OPT record of a message with one question, in their order; none if one of them does not fit. */
export function optionsOf(message: Uint8Array): readonly OptionPlace[] {
  const opt = findOpt(message)
  if (opt === undefined || opt.rdata === opt.end || !areOptionsWhole(message, opt.rdata, opt.end)) return NO_PLACES
  const places: OptionPlace[] = []
  for (let at = opt.rdata; at < opt.end; at = places.at(-1)!.end) {
    const start = at + OPTION_HEADER_OCTETS
    places.push({ code: readUint16(message, at), start, end: start + readUint16(message, at + 2) })
  }
  return places
}

/** Writes our OPT with `options` already encoded. `extendedRcode` is the upper eight bits of a twelve-bit RCODE. Returns the end. */
export function writeOpt(target: Uint8Array, offset: number, extendedRcode: number, dnssecOk: boolean, options: Uint8Array): number {
  target[offset] = 0
  writeUint16(target, offset + 1, TYPE.OPT)
  writeUint16(target, offset + 3, PAYLOAD_OCTETS)
  target[offset + 5] = extendedRcode
  target[offset + 6] = 0
  writeUint16(target, offset + 7, dnssecOk ? DO << 8 : 0) // DO is copied into the response (RFC 3225 section 3)
  writeUint16(target, offset + 9, options.length)
  target.set(options, offset + OPT_OCTETS)
  return offset + OPT_OCTETS + options.length
}

/** The client's part alone, or both (RFC 7873 section 5.2.2). */
export function isCookieLength(octets: number): boolean {
  const server = octets - CLIENT_COOKIE_OCTETS
  return server === 0 || (server >= LEAST_SERVER_OCTETS && server <= MOST_SERVER_OCTETS)
}
