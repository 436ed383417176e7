// Responses from upstream: is it ours, and what does its header say.

import { findOpt } from './edns.ts'
import { AD, HEADER_OCTETS, OPCODE, QDCOUNT, QR, RCODE_BITS, TC } from './header.ts'
import { readUint16 } from './octets.ts'
import { skipName } from './records.ts'
import { RCODE } from './vocabulary.ts'

/** Is it a response to the query: its ID and its one question, octet for octet and so letter case included (RFC 5452 section 9.1)? */
export function matchesQuery(response: Uint8Array, length: number, query: Uint8Array): boolean {
  const questionEnd = skipName(query, HEADER_OCTETS, query.length) + 4
  if (length < questionEnd || !(response[2]! & QR) || response[2]! & OPCODE) return false
  if (readUint16(response, 0) !== readUint16(query, 0) || readUint16(response, QDCOUNT) !== 1) return false
  for (let at = HEADER_OCTETS; at < questionEnd; at++) if (response[at] !== query[at]) return false
  return true
}

/** Is it what a server says to a query of that ID which it could not read: FORMERR or NOTIMP, a header alone? Some that do not know OPT leave the question out. */
export function isUnread(response: Uint8Array, length: number, query: Uint8Array): boolean {
  if (length < HEADER_OCTETS || !(response[2]! & QR) || response[2]! & OPCODE) return false
  if (readUint16(response, 0) !== readUint16(query, 0)) return false
  for (let at = QDCOUNT; at < HEADER_OCTETS; at++) if (response[at] !== 0) return false
  return hasFailedToRead(response)
}

function hasFailedToRead(response: Uint8Array): boolean {
  const rcode = response[3]! & RCODE_BITS
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP
}

export function isTruncated(response: Uint8Array): boolean {
  return (response[2]! & TC) !== 0
}

/** Does upstream say that it has validated the answer (RFC 4035 section 3.2.3)? */
export function isAuthentic(response: Uint8Array): boolean {
  return (response[3]! & AD) !== 0
}

/** All twelve bits of it: the upper eight open the TTL field of OPT (RFC 6891 section 6.1.3). */
export function rcodeOf(response: Uint8Array): number {
  const opt = findOpt(response)
  return (response[3]! & RCODE_BITS) | (opt === undefined ? 0 : response[opt.rdata - 6]! << 4)
}

/** Does the server say that it does not know OPT: by an error, and without one of its own (RFC 6891 section 7)? */
export function rejectsEdns(response: Uint8Array): boolean {
  return hasFailedToRead(response) && findOpt(response) === undefined
}

/** Does the server refuse our cookie (RFC 7873 section 5.2.4)? */
export function isBadCookie(response: Uint8Array): boolean {
  return (response[3]! & RCODE_BITS) === (RCODE.BADCOOKIE & RCODE_BITS) && rcodeOf(response) === RCODE.BADCOOKIE
}

/** An RCODE other than NOERROR and NXDOMAIN: upstream speaks, but has no answer. */
export class RcodeError extends Error {
  override readonly name = 'RcodeError'
  readonly rcode: number
  /** Of the Extended DNS Errors with which it says why. */
  readonly infoCodes: readonly number[]

  constructor(rcode: number, infoCodes: readonly number[] = []) {
    super(`upstream answered ${RCODE_NAMES.get(rcode) ?? `RCODE ${rcode}`}`)
    this.rcode = rcode
    this.infoCodes = infoCodes
  }
}

const RCODE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RCODE).map(([name, rcode]) => [rcode, name]))
