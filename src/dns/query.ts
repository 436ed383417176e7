import type { Question } from './answer.ts'
import { OPT_OCTETS, writeOpt } from './edns.ts'
import { AD, ARCOUNT, CLASS_IN, HEADER_OCTETS, QDCOUNT, RD } from './header.ts'
import { encodeName } from './name.ts'
import { writeUint16 } from './octets.ts'
import { paddingOption } from './padding.ts'

/** Header, longest name, type and class, OPT, and a cookie or the padding: both together never. */
export const MOST_QUERY_OCTETS = 384

/** How a question is asked. */
export interface Manner {
  readonly id: number
  /** 0x20: letters take the case that `caseBits` says. It is one more thing that a forger has to guess. */
  readonly randomizeCase: boolean
  /** For encrypted transports. */
  readonly padded?: boolean
  /** False for a server that does not know OPT; then there are no options, and DO is lost. */
  readonly edns?: boolean
  /** EDNS options of ours, encoded. */
  readonly options?: Uint8Array
}

const CASE_BIT = 0x20
const NO_OPTIONS = new Uint8Array(0)
const NO_CASE = new Uint8Array(0)

/**
 * Writes a query afresh: RD and AD set, OPT of our own, nothing of the client's but name, type and DO. Returns its length.
 * `caseBits` are random octets, one bit for each octet of the name.
 */
export function encodeQuery(question: Question, manner: Manner, target: Uint8Array, caseBits: Uint8Array = NO_CASE): number {
  target.fill(0, 0, HEADER_OCTETS)
  writeUint16(target, 0, manner.id)
  target[2] = RD
  target[3] = AD // tell me whether you have validated (RFC 6840 section 5.7)
  writeUint16(target, QDCOUNT, 1)
  const nameEnd = encodeName(question.name, target, HEADER_OCTETS)
  if (manner.randomizeCase) mixCase(target, HEADER_OCTETS, nameEnd, caseBits)
  writeUint16(target, nameEnd, question.type)
  writeUint16(target, nameEnd + 2, CLASS_IN)
  if (manner.edns === false) return nameEnd + 4
  writeUint16(target, ARCOUNT, 1)
  const options = manner.padded ? paddingOption(nameEnd + 4 + OPT_OCTETS) : (manner.options ?? NO_OPTIONS)
  return writeOpt(target, nameEnd + 4, 0, question.dnssecOk, options)
}

/** Length octets are at most 63, below every letter, so none is taken for one. */
function mixCase(target: Uint8Array, from: number, to: number, caseBits: Uint8Array): void {
  for (let at = from; at < to; at++) {
    const bit = at - from
    const isLetter = target[at]! >= 0x61 && target[at]! <= 0x7a
    if (isLetter && caseBits[bit >> 3]! & (1 << (bit & 7))) target[at]! ^= CASE_BIT
  }
}
