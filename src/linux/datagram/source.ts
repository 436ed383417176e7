import { type Address, decodeAddress, type Family } from '../../net/address.ts'
import { ADDRESS_OFFSET, SOCKADDR_WORDS } from './sockaddr.ts'

/** Sources that are remembered. A power of two. */
const SLOTS = 1024
const SLOT_BITS = 10
/** An odd number near 2^32 over the golden ratio spreads neighbours (Knuth, TAOCP 6.4). */
const MULTIPLIER = 0x9e3779b1

/** The addresses in sockaddrs as text. Each is formatted once, and found again by its octets: direct-mapped, so nothing grows. */
export class Sources {
  readonly #family: Family
  readonly #first: number
  readonly #width: number
  readonly #words: Uint32Array
  readonly #texts = new Array<Address | undefined>(SLOTS).fill(undefined)

  constructor(family: Family) {
    this.#family = family
    this.#first = ADDRESS_OFFSET[family] / 4
    this.#width = family === 4 ? 1 : 4
    this.#words = new Uint32Array(SLOTS * this.#width)
  }

  /** The address in the sockaddr at `slot`. */
  textOf(addresses: Uint32Array, slot: number): Address {
    const from = slot * SOCKADDR_WORDS + this.#first
    let hash = 0
    for (let word = 0; word < this.#width; word++) hash = Math.imul(hash ^ addresses[from + word]!, MULTIPLIER)
    const index = hash >>> (32 - SLOT_BITS)
    const known = this.#texts[index]
    return known !== undefined && this.#isAt(index, addresses, from) ? known : this.#remember(index, addresses, from)
  }

  #isAt(index: number, addresses: Uint32Array, from: number): boolean {
    for (let word = 0; word < this.#width; word++) if (this.#words[index * this.#width + word] !== addresses[from + word]) return false
    return true
  }

  #remember(index: number, addresses: Uint32Array, from: number): Address {
    for (let word = 0; word < this.#width; word++) this.#words[index * this.#width + word] = addresses[from + word]!
    const octets = new Uint8Array(addresses.buffer, addresses.byteOffset + from * 4, this.#width * 4)
    const text = decodeAddress(octets, 0, this.#family)
    this.#texts[index] = text
    return text
  }
}
