import { ANCOUNT, HEADER_OCTETS, NSCOUNT, OPCODE, QDCOUNT, QR } from './header.ts'
import { readUint16 } from './octets.ts'

export type Acceptance = 'accept' | 'ignore' | 'format-error' | 'not-implemented'

/** Judges a message by its header alone, before anything is decoded. */
export function accept(message: Uint8Array, length: number): Acceptance {
  if (length < HEADER_OCTETS) return 'ignore'
  if (message[2]! & QR) return 'ignore' // answering a response can start a loop between two servers
  if (message[2]! & OPCODE) return 'not-implemented'
  if (readUint16(message, QDCOUNT) !== 1) return 'format-error'
  const carriesRecords = readUint16(message, ANCOUNT) !== 0 || readUint16(message, NSCOUNT) !== 0
  return carriesRecords ? 'format-error' : 'accept'
}
