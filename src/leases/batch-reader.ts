// The octets of a batch → values, strictly: whatever runs past its end or is out of range is an error.

import { readUint16, readUint32 } from '../dns/octets.ts'
import { ADDRESS_OCTETS, type Address, decodeAddress } from '../net/address.ts'
import { wrong } from './error.ts'
import { BATCH_HEADER_OCTETS } from './frame.ts'

/** Reads a batch field by field. All methods throw ProtocolError. */
export class BatchReader {
  readonly #batch: Buffer
  #at = BATCH_HEADER_OCTETS

  constructor(batch: Buffer) {
    this.#batch = batch
  }

  get isAtEnd(): boolean {
    return this.#at === this.#batch.length
  }

  uint8(what: string): number {
    return this.#batch[this.#advance(1, what)]!
  }

  uint16(what: string): number {
    return readUint16(this.#batch, this.#advance(2, what))
  }

  uint32(what: string): number {
    return readUint32(this.#batch, this.#advance(4, what))
  }

  /** @param octets half as many as digits */
  hexadecimal(octets: number, what: string): string {
    const start = this.#advance(octets, what)
    return this.#batch.toString('hex', start, this.#at)
  }

  /** What is no ASCII becomes characters that no canonical text has. */
  ascii(what: string): string {
    const start = this.#advance(this.uint16(what), what)
    return this.#batch.toString('latin1', start, this.#at)
  }

  utf8(what: string): string {
    const start = this.#advance(this.uint16(what), what)
    return this.#batch.toString('utf8', start, this.#at)
  }

  address(what: string): Address {
    const family = this.uint8(what)
    if (family !== 4 && family !== 6) throw wrong(what, 'family 4 or 6', family)
    return decodeAddress(this.#batch, this.#advance(ADDRESS_OCTETS[family], what), family)
  }

  /** Steps over so many octets and returns where they begin. */
  #advance(octets: number, what: string): number {
    const start = this.#at
    this.#at += octets
    if (this.#at > this.#batch.length) throw wrong(what, `${octets} octets`, `${this.#batch.length - start}`)
    return start
  }
}
