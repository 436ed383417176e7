// Names by number, without an object for any of them: their octets lie one behind the other, and are found by open addressing. In a Map
// a hundred thousand names are as many strings for the collector to copy and to trace, and that holds up answers (bench: rules).

import { randomInt } from 'node:crypto'
import { Numbers } from './numbers.ts'

export const NO_NAME = -1

/**
 * Of a hash like FNV-1a, so that whoever writes zone files cannot choose names that fall on one another. The factor is secret too: with one
 * that is known, how the hashes of two names differ hangs on eight bits of the seed alone.
 */
const SEED = randomInt(2 ** 32)
const FACTOR = (2 * randomInt(2 ** 31) + 1) | 0
const LEAST_SLOTS = 16
const LEAST_OCTETS = 256
const DOT = 0x2e

/** About so many names, of so many octets together: for these no memory is taken twice. */
export interface Expected {
  readonly names: number
  readonly octets: number
}

/** Names in the order in which they were added: ASCII, as canonical names and what is written of them are. */
export class NameList {
  readonly #ends: Numbers
  /** Of all names, in order; may be longer. */
  octets: Buffer

  constructor({ names, octets }: Expected) {
    this.#ends = new Numbers(names)
    this.octets = Buffer.allocUnsafeSlow(Math.max(octets, LEAST_OCTETS))
  }

  get size(): number {
    return this.#ends.length
  }

  /** Of all names together. */
  get octetCount(): number {
    return this.size === 0 ? 0 : this.endOf(this.size - 1)
  }

  startOf(number: number): number {
    return number === 0 ? 0 : this.#ends.at(number - 1)
  }

  endOf(number: number): number {
    return this.#ends.at(number)
  }

  at(number: number): string {
    return this.octets.toString('latin1', this.startOf(number), this.endOf(number))
  }

  /** Copies what stands from `from` up to `to`. */
  push(source: Uint8Array, from: number, to: number): void {
    const start = this.octetCount
    const end = start + to - from
    if (end > this.octets.length) {
      const octets = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.octets.length))
      octets.set(this.octets.subarray(0, start))
      this.octets = octets
    }
    for (let at = from; at < to; at++) this.octets[start + at - from] = source[at]!
    this.#ends.push(end)
  }
}

/** Numbers names, each once. */
export class NameTable {
  readonly list: NameList
  /** Numbers of names, from 1; 0 is free. At least half of them are. */
  #slots: Int32Array

  constructor(expected: Expected) {
    this.list = new NameList(expected)
    let slots = LEAST_SLOTS
    while (slots < 2 * expected.names) slots *= 2
    this.#slots = new Int32Array(slots)
  }

  get size(): number {
    return this.list.size
  }

  /** The number of the name, or NO_NAME. */
  find(name: string): number {
    const { octets } = this.list
    let hash = SEED
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), FACTOR)
    search: for (let slot = this.#slotOf(hash); ; slot = this.#next(slot)) {
      const number = this.#slots[slot]! - 1
      if (number === NO_NAME) return NO_NAME
      const start = this.list.startOf(number)
      if (this.list.endOf(number) - start !== name.length) continue
      for (let at = 0; at < name.length; at++) if (octets[start + at] !== name.charCodeAt(at)) continue search
      return number
    }
  }

  /** The number of the name in those octets, or NO_NAME. */
  findOctets(source: Uint8Array, from: number, to: number): number {
    return this.#slots[this.#seek(source, from, to)]! - 1
  }

  /** The number of the name in those octets; if it is new, it gets the next. */
  add(source: Uint8Array, from: number, to: number): number {
    const slot = this.#seek(source, from, to)
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1
    this.list.push(source, from, to)
    this.#slots[slot] = this.size
    if (2 * this.size > this.#slots.length) this.#grow()
    return this.size - 1
  }

  /** The name one label up, added if it is new; NO_NAME above a single label. */
  addParent(number: number): number {
    const { octets } = this.list
    const end = this.list.endOf(number)
    for (let at = this.list.startOf(number); at < end; at++) if (octets[at] === DOT) return this.add(octets, at + 1, end)
    return NO_NAME
  }

  /** The slot that has the name, or the free one that it would take. */
  #seek(source: Uint8Array, from: number, to: number): number {
    const { octets } = this.list
    let slot = this.#slotOf(hashOf(source, from, to))
    search: for (; this.#slots[slot] !== 0; slot = this.#next(slot)) {
      const number = this.#slots[slot]! - 1
      const start = this.list.startOf(number)
      if (this.list.endOf(number) - start !== to - from) continue
      for (let at = from; at < to; at++) if (octets[start + at - from] !== source[at]) continue search
      break
    }
    return slot
  }

  #slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1)
  }

  #next(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1)
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length)
    for (let number = 0; number < this.size; number++) {
      let slot = this.#slotOf(hashOf(this.list.octets, this.list.startOf(number), this.list.endOf(number)))
      while (this.#slots[slot] !== 0) slot = this.#next(slot)
      this.#slots[slot] = number + 1
    }
  }
}

/** 32 bits. */
export function hashOf(octets: Uint8Array, from: number, to: number): number {
  let hash = SEED
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ octets[at]!, FACTOR)
  return hash
}
