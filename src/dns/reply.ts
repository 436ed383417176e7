// Replies, written from the client's own octets: header and question are echoed, so its spelling is kept.

import type { ClientQuery } from './client-query.ts'
import { LEAST_PAYLOAD_OCTETS, OPT_OCTETS, PAYLOAD_OCTETS, writeOpt } from './edns.ts'
import { AD, ANCOUNT, ARCOUNT, CD, HEADER_OCTETS, NSCOUNT, OPCODE, QDCOUNT, QR, RA, RCODE_BITS, RD, TC } from './header.ts'
import { copyOctets, writeUint16, writeUint32 } from './octets.ts'
import { SOA_RECORD } from './soa.ts'
import type { Template } from './template.ts'
import { RCODE } from './vocabulary.ts'

/** Large enough for any reply. */
export const MOST_REPLY_OCTETS = 65_535

export type Transport = 'udp' | 'tcp'

const NO_OPTIONS = new Uint8Array(0)

/** A denial or failure: no records but, for NXDOMAIN and NODATA, an SOA of ours; `option` explains it. Fits any payload. Returns the length. */
export function writeNegative(
  query: Uint8Array,
  question: ClientQuery,
  rcode: number,
  option: Uint8Array | undefined,
  reply: Uint8Array,
): number {
  let end = beginReply(query, question, rcode, reply)
  // NXDOMAIN and NODATA without SOA are cached for as long as each client fancies (RFC 2308 section 5).
  if ((rcode === RCODE.NXDOMAIN || rcode === RCODE.NOERROR) && question.questionEnd > 0) {
    reply.set(SOA_RECORD, end)
    end += SOA_RECORD.length
    reply[NSCOUNT + 1] = 1
  }
  return finishReply(question, rcode, option ?? NO_OPTIONS, reply, end)
}

/** The template with its TTLs set, and an `option` where there is something to explain; TC and no record if that is more than the client can take. Returns the length. */
export function writeAnswer(
  query: Uint8Array,
  question: ClientQuery,
  template: Template,
  ttlSeconds: number,
  transport: Transport,
  reply: Uint8Array,
  option: Uint8Array = NO_OPTIONS,
): number {
  const start = beginReply(query, question, template.rcode, reply)
  const end = start + template.octets.length
  const optOctets = question.edns.present ? OPT_OCTETS + question.edns.replyCookie.length + option.length : 0
  if (end + optOctets > roomFor(question, transport)) {
    reply[2]! |= TC
    return finishReply(question, template.rcode, NO_OPTIONS, reply, start)
  }
  reply.set(template.octets, start)
  for (const offset of template.ttlOffsets) writeUint32(reply, start + offset, ttlSeconds)
  writeUint16(reply, ANCOUNT, template.answers)
  writeUint16(reply, NSCOUNT, template.authorities)
  if (template.authentic && question.wantsAuthentic) reply[3]! |= AD
  return finishReply(question, template.rcode, option, reply, end)
}

function roomFor({ edns }: ClientQuery, transport: Transport): number {
  if (transport === 'tcp') return MOST_REPLY_OCTETS
  return edns.present ? Math.min(edns.payloadOctets, PAYLOAD_OCTETS) : LEAST_PAYLOAD_OCTETS
}

/** Header and question. AA is never set: we are no authority. AD stays clear but for what upstream has validated. */
function beginReply(query: Uint8Array, question: ClientQuery, rcode: number, reply: Uint8Array): number {
  const end = copyOctets(query, 0, Math.max(question.questionEnd, HEADER_OCTETS), reply, 0)
  reply[2] = QR | (query[2]! & (OPCODE | RD))
  reply[3] = RA | (query[3]! & CD) | (rcode & RCODE_BITS)
  writeUint16(reply, QDCOUNT, question.questionEnd > 0 ? 1 : 0)
  // A Buffer's `fill` takes as long as all of this.
  for (let at = ANCOUNT; at < HEADER_OCTETS; at++) reply[at] = 0
  return end
}

/** OPT goes to those who sent one, and only to them (RFC 6891 section 6.1.1). */
function finishReply({ edns }: ClientQuery, rcode: number, options: Uint8Array, reply: Uint8Array, end: number): number {
  if (!edns.present) return end
  reply[ARCOUNT + 1] = 1
  const optEnd = writeOpt(reply, end, rcode >>> 4, edns.dnssecOk, options)
  if (edns.replyCookie.length === 0) return optEnd
  reply.set(edns.replyCookie, optEnd)
  writeUint16(reply, end + OPT_OCTETS - 2, options.length + edns.replyCookie.length)
  return optEnd + edns.replyCookie.length
}
