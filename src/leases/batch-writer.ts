// Values → the octets of batches. One buffer serves all: nothing here waits.

import { writeUint16, writeUint32 } from '../dns/octets.ts'
import { type Address, encodeAddress, familyOf } from '../net/address.ts'
import { BATCH_HEADER_OCTETS, MAX_BATCH_OCTETS } from './frame.ts'

/** Family and octets of an IPv6 address. */
export const MOST_ADDRESS_OCTETS = 17

const scratch = Buffer.allocUnsafeSlow(MAX_BATCH_OCTETS)

/** Writes records into batches of one kind, as many as the bound on their length makes necessary. One writer at a time. */
export class BatchWriter {
  #kind = 0
  #at = 0
  readonly #batches: Buffer[] = []

  /** Ends the batch before and begins another. */
  begin(kind: number): void {
    this.#end()
    this.#kind = kind
    this.#at = BATCH_HEADER_OCTETS
  }

  /** Is there room for so many octets in the batch that has been begun? */
  hasRoom(octets: number): boolean {
    return this.#at > 0 && this.#at + octets <= scratch.length
  }

  uint8(value: number): void {
    scratch[this.#at++] = value
  }

  uint16(value: number): void {
    writeUint16(scratch, this.#at, value)
    this.#at += 2
  }

  uint32(value: number): void {
    writeUint32(scratch, this.#at, value)
    this.#at += 4
  }

  hexadecimal(text: string): void {
    this.#at += scratch.write(text, this.#at, 'hex')
  }

  /** Its length in two octets, then the text in UTF-8. */
  text(text: string): void {
    const octets = scratch.write(text, this.#at + 2, 'utf8')
    writeUint16(scratch, this.#at, octets)
    this.#at += 2 + octets
  }

  address(address: Address): void {
    this.uint8(familyOf(address))
    const octets = encodeAddress(address)
    scratch.set(octets, this.#at)
    this.#at += octets.length
  }

  /** All batches one behind the other. */
  finish(): Buffer {
    this.#end()
    return this.#batches.length === 1 ? this.#batches[0]! : Buffer.concat(this.#batches)
  }

  #end(): void {
    if (this.#at === 0) return
    scratch[0] = this.#kind
    writeUint32(scratch, 1, this.#at - BATCH_HEADER_OCTETS)
    this.#batches.push(Buffer.from(scratch.subarray(0, this.#at)))
    this.#at = 0
  }
}
