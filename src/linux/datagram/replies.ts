// What leaves for many clients with one sendmmsg(2). Replies of one length to one client leave as one message, which the kernel takes
// through its stack and the firewall once and then cuts into datagrams again (UDP_SEGMENT, Linux 4.18). Paid for by `npm run bench`,
// "cached answers": sending is most of an answer's time. Structures are laid out once; what changes is copied from tables of pointers.

import { lastError, libc, pointerTo } from '../libc.ts'
import {
  BATCH,
  CONTROL,
  CONTROL_LENGTH,
  HEADER_WORDS,
  IOV,
  IOV_LENGTH,
  IOVEC_WORDS,
  LOW_WORD,
  MSG_DONTWAIT,
  NAME_LENGTH,
} from './layout.ts'
import { SOCKADDR_OCTETS, SOCKADDR_WORDS } from './sockaddr.ts'

const SOL_UDP = 17
const UDP_SEGMENT = 103
/** struct cmsghdr { size_t length; int level; int type; u16 octets of a datagram }, and what aligns the next. */
const CONTROL_OCTETS = 24
const CONTROL_DATA = 16

/** What one message may hold: an IP packet has 65,535 octets, headers counted. */
const MOST_MESSAGE_OCTETS = 65_000

/** The path has room for less than one of them, or its device cannot cut, or computes no checksums: each alone will do. */
const UNSEGMENTABLE = ['EINVAL', 'EMSGSIZE', 'EIO', 'EOPNOTSUPP']

/** An odd number near 2^32 over the golden ratio spreads neighbours (Knuth, TAOCP 6.4). */
const MULTIPLIER = 0x9e3779b1
/** Twice as many as there can be messages. */
const BUCKET_BITS = 7
const BUCKETS = 1 << BUCKET_BITS

/** Can the kernel cut a message for this socket? */
export function canSegment(descriptor: number): boolean {
  return libc.getsockopt(descriptor, SOL_UDP, UDP_SEGMENT, new Int32Array(1), [4]) === 0
}

/** Slots for replies and whom they go to. All storage is a field, because C holds pointers into it. */
export class Replies {
  /** The reply of each slot. */
  readonly slots: readonly Buffer[]
  readonly #octets: Buffer
  readonly #lengths = new Uint32Array(BATCH)
  readonly #addresses = new Uint32Array(BATCH * SOCKADDR_WORDS)

  // Messages, in the order of their first replies; slots of one message follow one another by `#next`.
  #messages = 0
  readonly #first = new Uint8Array(BATCH)
  readonly #last = new Uint8Array(BATCH)
  readonly #next = new Uint8Array(BATCH)
  readonly #sizes = new Uint8Array(BATCH)
  readonly #octetsOf = new Uint32Array(BATCH)
  /** By a hash of whom it goes to, or behind that, the message to it that was begun last; and of each message its bucket, or the entry is an earlier batch's. */
  readonly #begun = new Uint8Array(BUCKETS)
  readonly #buckets = new Uint8Array(BATCH)
  /** The slots in the order in which they leave. */
  readonly #order = new Uint8Array(BATCH)

  // What the kernel reads, and as words of 32 bits.
  readonly #vectors = new BigUint64Array(BATCH * IOVEC_WORDS)
  readonly #headers = new BigUint64Array(BATCH * HEADER_WORDS)
  readonly #controls = new Uint8Array(BATCH * CONTROL_OCTETS)
  readonly #vectorWords = new Uint32Array(this.#vectors.buffer)
  readonly #headerWords = new Uint32Array(this.#headers.buffer)
  readonly #segmentOctets = new Uint16Array(this.#controls.buffer)

  // Pointers to each slot, address and vector, in pairs of words.
  readonly #toSlot: Uint32Array
  readonly #toAddress: Uint32Array
  readonly #toVector: Uint32Array

  constructor(slotOctets: number) {
    this.#octets = Buffer.allocUnsafeSlow(BATCH * slotOctets)
    this.slots = Array.from({ length: BATCH }, (_, slot) => this.#octets.subarray(slot * slotOctets, (slot + 1) * slotOctets))
    this.#toSlot = pointersInto(this.#octets, slotOctets)
    this.#toAddress = pointersInto(new Uint8Array(this.#addresses.buffer), SOCKADDR_OCTETS)
    this.#toVector = pointersInto(new Uint8Array(this.#vectors.buffer), IOVEC_WORDS * 8)
    const controls = pointerTo(this.#controls)
    for (let message = 0; message < BATCH; message++) {
      this.#headers[message * HEADER_WORDS + CONTROL] = controls + BigInt(message * CONTROL_OCTETS)
      this.#headerWords[message * HEADER_WORDS * 2 + NAME_LENGTH] = SOCKADDR_OCTETS
      const control = message * CONTROL_OCTETS
      new BigUint64Array(this.#controls.buffer)[control / 8] = BigInt(CONTROL_DATA + 2)
      new Int32Array(this.#controls.buffer).set([SOL_UDP, UDP_SEGMENT], control / 4 + 2)
    }
  }

  /** What is to leave from the slot, and to whom: a sockaddr at that place among other words. */
  direct(slot: number, length: number, addresses: Uint32Array, at: number): void {
    this.#lengths[slot] = length
    for (let word = 0; word < SOCKADDR_WORDS; word++) this.#addresses[slot * SOCKADDR_WORDS + word] = addresses[at + word]!
  }

  /**
   * Sends the first `count` slots, those to one client in their order. Returns how many the kernel did not take: those that cannot be
   * sent, or all that are left when its queue is full. `segments`: where the kernel can cut a message for this socket.
   */
  send(descriptor: number, count: number, segments: boolean): number {
    this.#group(count, segments)
    this.#layOut(0)
    let dropped = 0
    let left = count
    for (let done = 0; left > 0; ) {
      const sent = libc.sendmmsg(descriptor, this.#headersFrom(done), this.#messages - done, MSG_DONTWAIT)
      for (let message = 0; message < sent; message++) left -= this.#sizes[done++]!
      if (sent > 0) continue
      const { code } = lastError('sendmmsg')
      if (code === 'EAGAIN') return dropped + left
      const size = this.#sizes[done]!
      if (size > 1 && UNSEGMENTABLE.includes(code)) {
        this.#separate(left)
        this.#layOut(count - left)
        done = 0
      } else {
        left -= size
        dropped += size
        done++
      }
    }
    return dropped
  }

  /** Gives each slot its message, and notes in which order they leave. */
  #group(count: number, segments: boolean): void {
    this.#messages = 0
    for (let slot = 0; slot < count; slot++) {
      const bucket = this.#bucketFor(slot)
      if (segments && this.#isUsed(bucket) && this.#takes(this.#begun[bucket]!, slot)) this.#append(slot, this.#begun[bucket]!)
      else this.#begin(slot, bucket)
    }
    let place = 0
    for (let message = 0; message < this.#messages; message++) {
      let slot = this.#first[message]!
      for (let left = this.#sizes[message]!; left > 0; left--) {
        this.#order[place++] = slot
        slot = this.#next[slot]!
      }
    }
  }

  /** That of the message to the same client, or one that is free. */
  #bucketFor(slot: number): number {
    let hash = 0
    for (let word = 0; word < SOCKADDR_WORDS; word++) {
      hash = Math.imul(hash ^ this.#addresses[slot * SOCKADDR_WORDS + word]!, MULTIPLIER)
    }
    let bucket = hash >>> (32 - BUCKET_BITS)
    while (this.#isUsed(bucket) && !this.#isTo(this.#begun[bucket]!, slot)) bucket = (bucket + 1) % BUCKETS
    return bucket
  }

  #isUsed(bucket: number): boolean {
    const begun = this.#begun[bucket]!
    return begun < this.#messages && this.#buckets[begun] === bucket
  }

  #isTo(message: number, slot: number): boolean {
    const first = this.#first[message]! * SOCKADDR_WORDS
    for (let word = 0; word < SOCKADDR_WORDS; word++) {
      if (this.#addresses[slot * SOCKADDR_WORDS + word] !== this.#addresses[first + word]) return false
    }
    return true
  }

  /** A message is cut into pieces of its first reply's length; only the last may be shorter. */
  #takes(message: number, slot: number): boolean {
    const segment = this.#lengths[this.#first[message]!]!
    if (this.#lengths[slot]! > segment || this.#lengths[this.#last[message]!]! < segment) return false
    return this.#octetsOf[message]! + this.#lengths[slot]! <= MOST_MESSAGE_OCTETS
  }

  #append(slot: number, message: number): void {
    this.#next[this.#last[message]!] = slot
    this.#last[message] = slot
    this.#sizes[message]!++
    this.#octetsOf[message]! += this.#lengths[slot]!
  }

  #begin(slot: number, bucket: number): void {
    const message = this.#messages++
    this.#begun[bucket] = message
    this.#buckets[message] = bucket
    this.#first[message] = slot
    this.#last[message] = slot
    this.#sizes[message] = 1
    this.#octetsOf[message] = this.#lengths[slot]!
  }

  /** Each of the last `count` replies becomes a message. */
  #separate(count: number): void {
    this.#messages = count
    this.#sizes.fill(1, 0, count)
  }

  /** Tells the kernel of the messages, whose replies stand in the order from `start` on. */
  #layOut(start: number): void {
    let place = start
    for (let message = 0; message < this.#messages; message++) {
      const header = message * HEADER_WORDS * 2
      const first = this.#order[place]!
      const size = this.#sizes[message]!
      copyPair(this.#toAddress, first, this.#headerWords, header)
      copyPair(this.#toVector, place, this.#headerWords, header + IOV * 2)
      this.#headerWords[header + IOV_LENGTH * 2 + LOW_WORD] = size
      this.#headerWords[header + CONTROL_LENGTH * 2 + LOW_WORD] = size > 1 ? CONTROL_OCTETS : 0
      this.#segmentOctets[(message * CONTROL_OCTETS + CONTROL_DATA) / 2] = this.#lengths[first]!
      for (const end = place + size; place < end; place++) {
        const slot = this.#order[place]!
        copyPair(this.#toSlot, slot, this.#vectorWords, place * IOVEC_WORDS * 2)
        this.#vectorWords[(place * IOVEC_WORDS + 1) * 2 + LOW_WORD] = this.#lengths[slot]!
      }
    }
  }

  #headersFrom(message: number): BigUint64Array {
    return message === 0 ? this.#headers : this.#headers.subarray(message * HEADER_WORDS)
  }
}

/** Of each of a batch's pieces of that size. */
function pointersInto(octets: Uint8Array, pieceOctets: number): Uint32Array {
  const start = pointerTo(octets)
  return new Uint32Array(BigUint64Array.from({ length: BATCH }, (_, piece) => start + BigInt(piece * pieceOctets)).buffer)
}

function copyPair(pointers: Uint32Array, index: number, target: Uint32Array, at: number): void {
  target[at] = pointers[index * 2]!
  target[at + 1] = pointers[index * 2 + 1]!
}
