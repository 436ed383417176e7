// Many datagrams with one system call: recvmmsg(2) and sendmmsg(2), over C structures that are laid out once and used again.
// What is odd here is paid for by `npm run bench`, "cached answers": without it a query costs two system calls and four objects more.

import type { SystemError } from '../error.ts'
import { lastError, libc, pointerTo } from '../libc.ts'
import { BATCH, HEADER_WORDS, IOV, IOV_LENGTH, IOVEC_WORDS, LENGTH, LOW_WORD, MSG_DONTWAIT, NAME_LENGTH } from './layout.ts'
import { canPoll } from './poll.ts'
import { SOCKADDR_OCTETS } from './sockaddr.ts'

/** The layout of the structures is that of every 64-bit Linux. */
export const canBatch = canPoll && (process.arch.endsWith('64') || process.arch === 's390x')

/** Slots for datagrams and the addresses they come from or go to. All storage is a field, because C holds pointers into it. */
export class Batch {
  /** The datagram of each slot. */
  readonly slots: readonly Buffer[]
  /** The sockaddr of each slot, as words. */
  readonly addresses: Uint32Array
  readonly #octets: Buffer
  readonly #vectors = new BigUint64Array(BATCH * IOVEC_WORDS)
  readonly #headers = new BigUint64Array(BATCH * HEADER_WORDS)
  readonly #vectorWords = new Uint32Array(this.#vectors.buffer)
  readonly #headerWords = new Uint32Array(this.#headers.buffer)

  /** Without addresses it is for sockets that are connected. */
  constructor(slotOctets: number, hasAddresses = true) {
    this.#octets = Buffer.allocUnsafeSlow(BATCH * slotOctets)
    this.addresses = new Uint32Array((BATCH * SOCKADDR_OCTETS) / 4)
    this.slots = Array.from({ length: BATCH }, (_, slot) => this.#octets.subarray(slot * slotOctets, (slot + 1) * slotOctets))
    const [octets, addresses, vectors] = [this.#octets, new Uint8Array(this.addresses.buffer), new Uint8Array(this.#vectors.buffer)].map(
      pointerTo,
    )
    for (let slot = 0; slot < BATCH; slot++) {
      this.#vectors[slot * IOVEC_WORDS] = octets! + BigInt(slot * slotOctets)
      this.#vectors[slot * IOVEC_WORDS + 1] = BigInt(slotOctets)
      this.#headers[slot * HEADER_WORDS] = hasAddresses ? addresses! + BigInt(slot * SOCKADDR_OCTETS) : 0n
      this.#headers[slot * HEADER_WORDS + IOV] = vectors! + BigInt(slot * IOVEC_WORDS * 8)
      this.#headers[slot * HEADER_WORDS + IOV_LENGTH] = 1n
      this.#headerWords[slot * HEADER_WORDS * 2 + NAME_LENGTH] = SOCKADDR_OCTETS
    }
  }

  /** Fills slots from 0 on with what waits, and returns how many. What is longer than a slot is cut. 0 also when the socket has an error to report. */
  receive(descriptor: number, onError: (error: SystemError) => void = ignore): number {
    const count = libc.recvmmsg(descriptor, this.#headers, BATCH, MSG_DONTWAIT, null)
    if (count < 0 && onError !== ignore) report(lastError('recvmmsg'), onError)
    // The kernel notes the length of each address there, and would cut the next one to it.
    for (let slot = 0; slot < count; slot++) this.#headerWords[slot * HEADER_WORDS * 2 + NAME_LENGTH] = SOCKADDR_OCTETS
    return Math.max(0, count)
  }

  /** Octets that `receive` put into the slot. */
  lengthOf(slot: number): number {
    return this.#headerWords[slot * HEADER_WORDS * 2 + LENGTH]!
  }

  /** What `send` is to take from the slot. On a socket that is connected, that is all. */
  fill(slot: number, length: number): void {
    this.#vectorWords[(slot * IOVEC_WORDS + 1) * 2 + LOW_WORD] = length
  }

  /** Sends the first `count` slots and returns how many the kernel did not take: one that cannot be sent, or all when its queue is full. */
  send(descriptor: number, count: number, onError: (error: SystemError) => void = ignore): number {
    let dropped = 0
    for (let done = 0; done < count; ) {
      const sent = libc.sendmmsg(descriptor, this.#headersFrom(done), count - done, MSG_DONTWAIT)
      if (sent > 0) {
        done += sent
        continue
      }
      const error = lastError('sendmmsg')
      onError(error)
      if (error.code === 'EAGAIN') return dropped + count - done
      done++
      dropped++
    }
    return dropped
  }

  #headersFrom(slot: number): BigUint64Array {
    return slot === 0 ? this.#headers : this.#headers.subarray(slot * HEADER_WORDS)
  }
}

function ignore(): void {}

/** That nothing waits is no error. */
function report(error: SystemError, onError: (error: SystemError) => void): void {
  if (error.code !== 'EAGAIN') onError(error)
}
