import { MOST_LABEL_OCTETS, MOST_NAME_OCTETS, MOST_POINTERS, POINTER, pointerTarget, WireError } from './name.ts'

const UPPER_A = 0x41
const UPPER_Z = 0x5a
const CASE_BIT = 0x20

/**
 * A name taken out of a message, pointers resolved, spelling kept: what a record is copied with. The object is reused.
 * `Name` is what names are compared with elsewhere; it cannot serve here because it forgets the spelling (RFC 4343 section 4).
 */
export class WireName {
  readonly octets = Buffer.alloc(MOST_NAME_OCTETS)
  length = 0
  readonly #folded = Buffer.alloc(MOST_NAME_OCTETS)

  /** Reads the name at `offset`. A pointer must lead before the labels it ends, so no chain of them loops, and they are few. Throws WireError. */
  read(message: Uint8Array, offset: number, length: number): void {
    this.length = 0
    let at = offset
    let runStart = offset
    for (let pointers = 0; ; ) {
      const octet = at < length ? message[at]! : MOST_NAME_OCTETS
      if (octet >= POINTER) {
        if (++pointers > MOST_POINTERS) throw new WireError(`name at octet ${offset} has more than ${MOST_POINTERS} pointers`)
        at = runStart = pointerTarget(message, at, length, runStart)
      } else {
        this.#copyLabel(message, at, at + 1 + octet, length)
        if (octet === 0) return
        at += 1 + octet
      }
    }
  }

  #copyLabel(message: Uint8Array, start: number, end: number, length: number): void {
    if (end - start - 1 > MOST_LABEL_OCTETS) throw new WireError(`unknown label type at octet ${start}`)
    if (end > length) throw new WireError(`label at octet ${start} runs past the end of the message`)
    if (this.length + end - start > MOST_NAME_OCTETS) throw new WireError(`name over ${MOST_NAME_OCTETS} octets at octet ${start}`)
    for (let at = start; at < end; at++) {
      this.octets[this.length] = message[at]!
      // Length octets stay below the letters, so labels and lengths fold alike.
      this.#folded[this.length++] = fold(message[at]!)
    }
  }

  equals(other: WireName): boolean {
    return this.length === other.length && this.#folded.compare(other.#folded, 0, other.length, 0, this.length) === 0
  }

  copyFrom(other: WireName): void {
    this.octets.set(other.octets)
    this.#folded.set(other.#folded)
    this.length = other.length
  }

  /** A string that is equal for equal names: of the labels from `from` to the root. */
  keyFrom(from: number): string {
    return this.#folded.toString('latin1', from, this.length)
  }
}

function fold(octet: number): number {
  return octet >= UPPER_A && octet <= UPPER_Z ? octet | CASE_BIT : octet
}
