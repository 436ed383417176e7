import { HEADER_OCTETS } from './header.ts'
import { POINTER, WireError } from './name.ts'
import { copyOctets, readUint16, writeUint16, writeUint32 } from './octets.ts'
import { layoutOf, type RdataLayout } from './rdata.ts'
import { skipName } from './records.ts'
import { WireName } from './wire-name.ts'

const MOST_MESSAGE_OCTETS = 65_535
/** A pointer has fourteen bits (RFC 1035 section 4.1.4). */
const POINTER_REACH = 0x4000
const POINTER_BITS = POINTER << 8
const POINTER_TO_QUESTION = POINTER_BITS | HEADER_OCTETS
/** A compressed record may have been short because its names point outside: room for one more of any size. */
const SPARE_OCTETS = 2 * MOST_MESSAGE_OCTETS

const scratch = Buffer.alloc(MOST_MESSAGE_OCTETS + SPARE_OCTETS)
const wireName = new WireName()

/** A record as it stands in a message. */
export interface RecordPlace {
  readonly owner: number
  readonly type: number
  readonly rdata: number
  readonly end: number
}

/**
 * Copies records of one message behind the question of another with the same qname. Names are compressed against the question at
 * octet 12 and among themselves, so offsets count from the start of the message to be. One writer at a time: the buffer is shared.
 */
export class SectionWriter {
  readonly ttlOffsets: number[]
  readonly #message: Uint8Array
  readonly #start: number
  /** Where the labels of a name stand that have been written; the question's too, once there is a name that could point to them. */
  #known: Map<string, number> | undefined
  #end: number
  #written = 0

  /** `message` brings the question and the records to be copied, `count` of them. Throws WireError if its question is malformed. */
  constructor(message: Uint8Array, count: number) {
    // Of the right length at once: a list that grows from none takes room for sixteen more.
    this.ttlOffsets = new Array<number>(count)
    this.#message = message
    wireName.read(message, HEADER_OCTETS, message.length)
    this.#start = HEADER_OCTETS + wireName.length + 4
    this.#end = this.#start
  }

  /** Throws WireError if the record's names are malformed, or the message would be longer than any may be. */
  write(record: RecordPlace): void {
    this.#writeName(record.owner, true)
    writeUint16(scratch, this.#end, record.type)
    writeUint16(scratch, this.#end + 2, readUint16(this.#message, record.rdata - 8))
    this.ttlOffsets[this.#written++] = this.#end + 4 - this.#start
    writeUint32(scratch, this.#end + 4, 0)
    const rdata = this.#end + 10
    this.#end = rdata
    this.#writeRdata(record)
    writeUint16(scratch, rdata - 2, this.#end - rdata)
    if (this.#end > MOST_MESSAGE_OCTETS) throw new WireError(`records of more than ${MOST_MESSAGE_OCTETS} octets`)
  }

  /** What has been written behind the question. */
  octets(): Uint8Array {
    const octets = new Uint8Array(this.#end - this.#start)
    copyOctets(scratch, this.#start, this.#end, octets, 0)
    return octets
  }

  #writeRdata({ type, rdata, end }: RecordPlace): void {
    const layout = layoutOf(type)
    if (layout === undefined) {
      this.#end = copyOctets(this.#message, rdata, end, scratch, this.#end)
      return
    }
    const firstName = this.#skipStrings(rdata + layout.fixedOctets, layout.strings)
    this.#end = copyOctets(this.#message, rdata, firstName, scratch, this.#end)
    const rest = this.#writeNames(firstName, layout)
    if (rest + layout.restOctets !== end) throw new WireError(`RDATA at octet ${rdata} does not have the layout of its type`)
    this.#end = copyOctets(this.#message, rest, end, scratch, this.#end)
  }

  #skipStrings(offset: number, strings: number): number {
    let at = offset
    for (let left = strings; left > 0; left--) at += 1 + (this.#message[at] ?? 0)
    return Math.min(at, this.#message.length)
  }

  #writeNames(offset: number, { names, compressible }: RdataLayout): number {
    let at = offset
    for (let left = names; left > 0; left--) {
      this.#writeName(at, compressible)
      at = skipName(this.#message, at, this.#message.length)
    }
    return at
  }

  #writeName(offset: number, compressible: boolean): void {
    // Most owners are the question's name, and say so by pointing to it.
    if (compressible && readUint16(this.#message, offset) === POINTER_TO_QUESTION) {
      writeUint16(scratch, this.#end, POINTER_TO_QUESTION)
      this.#end += 2
      return
    }
    const known = this.#knownLabels()
    wireName.read(this.#message, offset, this.#message.length)
    let label = 0
    for (; wireName.octets[label] !== 0; label += 1 + wireName.octets[label]!) {
      if (compressible && this.#pointToKnown(known, label)) return
      this.#end = copyOctets(wireName.octets, label, label + 1 + wireName.octets[label]!, scratch, this.#end)
    }
    scratch[this.#end++] = 0
  }

  #knownLabels(): Map<string, number> {
    if (this.#known !== undefined) return this.#known
    this.#known = new Map()
    wireName.read(this.#message, HEADER_OCTETS, this.#message.length)
    for (let label = 0; wireName.octets[label] !== 0; label += 1 + wireName.octets[label]!)
      this.#known.set(wireName.keyFrom(label), HEADER_OCTETS + label)
    return this.#known
  }

  /** Writes a pointer if the labels from `label` on stand in the message already; else remembers that they will from here. */
  #pointToKnown(known: Map<string, number>, label: number): boolean {
    const key = wireName.keyFrom(label)
    const place = known.get(key)
    if (place === undefined) {
      if (this.#end < POINTER_REACH) known.set(key, this.#end)
      return false
    }
    writeUint16(scratch, this.#end, POINTER_BITS | place)
    this.#end += 2
    return true
  }
}
