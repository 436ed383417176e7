// Names that were asked for lately, by their octets: most queries ask for one of few names, and making its text anew and hashing it was
// an eighth of an answer's time, system calls left out (test/bench/README.md, "Cached and denied").

import type { Name } from './name.ts'

/** Direct-mapped, so that nothing grows, and names that fall on one another cost what a new one does. A power of two. */
const SLOTS = 4096
const SLOT_BITS = 12
/** Longer names are rare, and made anew each time. */
const MOST_OCTETS = 64
/** An odd number near 2^32 over the golden ratio spreads neighbours (Knuth, TAOCP 6.4). */
const MULTIPLIER = 0x9e3779b1

export class RecentNames {
  readonly #octets = new Uint8Array(SLOTS * MOST_OCTETS)
  readonly #names = new Array<Name | undefined>(SLOTS).fill(undefined)

  /** The name that the first `length` octets spell in canonical characters; the same string as the last time, where it is remembered. */
  nameOf(text: Buffer, length: number): Name {
    if (length > MOST_OCTETS) return text.toString('latin1', 0, length) as Name
    let hash = length
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ text[at]!, MULTIPLIER)
    const slot = hash >>> (32 - SLOT_BITS)
    const known = this.#names[slot]
    return known !== undefined && known.length === length && this.#isAt(slot, text, length) ? known : this.#remember(slot, text, length)
  }

  #isAt(slot: number, text: Buffer, length: number): boolean {
    const start = slot * MOST_OCTETS
    for (let at = 0; at < length; at++) if (this.#octets[start + at] !== text[at]) return false
    return true
  }

  #remember(slot: number, text: Buffer, length: number): Name {
    const name = text.toString('latin1', 0, length) as Name
    for (let at = 0; at < length; at++) this.#octets[slot * MOST_OCTETS + at] = text[at]!
    this.#names[slot] = name
    return name
  }
}
