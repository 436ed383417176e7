import { ANCOUNT, HEADER_OCTETS, NSCOUNT, OPCODE, QDCOUNT, QR } from './header.ts'
import { readUint16 } from './octets.ts'

/** `no-question`: may be one for a cookie alone (RFC 7873 section 5.4). */
export type Acceptance = 'accept' | 'ignore' | 'no-question' | 'format-error' | 'not-implemented'

/** Judges a message by its header alone, before anything is decoded. */
export function accept(message: Uint8Array, length: number): Acceptance {
  if (length < HEADER_OCTETS) return 'ignore'
  if (message[2]! & QR) return 'ignore' // answering a response can start a loop between two servers
  if (message[2]! & OPCODE) return 'not-implemented'
  const questions = readUint16(message, QDCOUNT)
  const carriesRecords = readUint16(message, ANCOUNT) !== 0 || readUint16(message, NSCOUNT) !== 0
  if (questions > 1 || carriesRecords) return 'format-error'
  return questions === 1 ? 'accept' : 'no-question'
}
