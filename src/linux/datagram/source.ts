import { decodeAddress, type Family } from '../../net/address.ts'
import { interfaceNameOf } from '../interface-name.ts'
import { ADDRESS_OFFSET, SOCKADDR_WORDS } from './sockaddr.ts'

/** Sources that are remembered. A power of two. */
const SLOTS = 1024
const SLOT_BITS = 10
/** An odd number near 2^32 over the golden ratio spreads neighbours (Knuth, TAOCP 6.4). */
const MULTIPLIER = 0x9e3779b1

/** Words of the address; behind that of IPv6 stands the zone, which is 0 but for link-local addresses. */
const WIDTH = { 4: 1, 6: 5 } as const
const ADDRESS_WORDS = 4

/** The addresses in sockaddrs as text, "fe80::1%eth0" with their zone. Each is formatted once, and found again by its octets: direct-mapped, so nothing grows. */
export class Sources {
  readonly #family: Family
  readonly #first: number
  readonly #width: number
  readonly #words: Uint32Array
  readonly #texts = new Array<string | undefined>(SLOTS).fill(undefined)

  constructor(family: Family) {
    this.#family = family
    this.#first = ADDRESS_OFFSET[family] / 4
    this.#width = WIDTH[family]
    this.#words = new Uint32Array(SLOTS * this.#width)
  }

  /** The address in the sockaddr at `slot`. */
  textOf(addresses: Uint32Array, slot: number): string {
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

  #remember(index: number, addresses: Uint32Array, from: number): string {
    for (let word = 0; word < this.#width; word++) this.#words[index * this.#width + word] = addresses[from + word]!
    const octets = new Uint8Array(addresses.buffer, addresses.byteOffset + from * 4, this.#width * 4)
    const zone = this.#family === 6 ? addresses[from + ADDRESS_WORDS]! : 0
    const text = `${decodeAddress(octets, 0, this.#family)}${zone === 0 ? '' : `%${interfaceNameOf(zone)}`}`
    this.#texts[index] = text
    return text
  }
}
