import { type Acceptance, accept } from './accept.ts'
import { Edns } from './edns.ts'
import { AD, ARCOUNT, HEADER_OCTETS } from './header.ts'
import { decodeName, MOST_LABEL_OCTETS, MOST_NAME_OCTETS, type Name } from './name.ts'
import { readUint16 } from './octets.ts'
import { RecentNames } from './recent-names.ts'

/** Without the root's octet. */
const MOST_LABELS_OCTETS = MOST_NAME_OCTETS - 1
const DOT = 0x2e
/** Lower case of every octet that a canonical name shows as itself; 0 for those that it escapes. */
const FOLDED = foldingTable()
const MALFORMED = -1

/** Where the qname is written before it becomes a string: reading never waits, so one will do. */
const scratch = Buffer.alloc(MOST_LABELS_OCTETS)
const recent = new RecentNames()

/**
 * A client's query, read in place; one object serves all queries, and its fields hold until the next `read`.
 * A `name` that was not asked for lately is all that a read allocates. What the client wrote stays in the message: replies echo it.
 */
export class ClientQuery {
  name = '' as Name
  type = 0
  rrClass = 0
  /** Offset behind the question; 0 while none has been read, so that replies echo the header alone. */
  questionEnd = 0
  #authenticData = false
  readonly edns = new Edns()

  get dnssecOk(): boolean {
    return this.edns.dnssecOk
  }

  /** Does the client understand AD in the reply (RFC 6840 section 5.8)? */
  get wantsAuthentic(): boolean {
    return this.#authenticData || this.edns.dnssecOk
  }

  /** Everything but 'accept' leaves the fields at what could be read: enough for the reply that says so. */
  read(message: Uint8Array, length: number): Acceptance {
    this.questionEnd = 0
    this.edns.present = false
    this.edns.cookieAt = 0
    const acceptance = accept(message, length)
    if (acceptance === 'accept') return this.#readSections(message, length)
    return acceptance === 'no-question' ? this.#readCookieRequest(message, length) : acceptance
  }

  #readCookieRequest(message: Uint8Array, length: number): Acceptance {
    const isRead = this.edns.read(message, length, HEADER_OCTETS, readUint16(message, ARCOUNT))
    return isRead && this.edns.cookieAt > 0 ? 'no-question' : 'format-error'
  }

  #readSections(message: Uint8Array, length: number): Acceptance {
    const end = this.#readName(message, length)
    if (end === MALFORMED || end + 4 > length) return 'format-error'
    this.type = readUint16(message, end)
    this.rrClass = readUint16(message, end + 2)
    this.questionEnd = end + 4
    this.#authenticData = (message[3]! & AD) !== 0
    return this.edns.read(message, length, this.questionEnd, readUint16(message, ARCOUNT)) ? 'accept' : 'format-error'
  }

  /** Returns the offset behind the qname. A compression pointer has nothing to point to here, and is malformed. */
  #readName(message: Uint8Array, length: number): number {
    let written = 0
    let escapes = false
    let at = HEADER_OCTETS
    while (at < length && message[at] !== 0) {
      const labelEnd = at + 1 + message[at]!
      if (message[at]! > MOST_LABEL_OCTETS || labelEnd > HEADER_OCTETS + MOST_LABELS_OCTETS || labelEnd >= length) return MALFORMED
      if (written > 0) scratch[written++] = DOT
      while (++at < labelEnd) {
        const octet = FOLDED[message[at]!]!
        if (octet === 0) escapes = true
        scratch[written++] = octet
      }
    }
    if (at >= length) return MALFORMED
    this.name = escapes ? decodeName(message, HEADER_OCTETS, length).name : recent.nameOf(scratch, written)
    return at + 1
  }
}

function foldingTable(): Uint8Array {
  const table = new Uint8Array(256)
  for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-_*') {
    table[character.charCodeAt(0)] = character.charCodeAt(0)
    table[character.toUpperCase().charCodeAt(0)] = character.charCodeAt(0)
  }
  return table
}
