// The frames of a byte stream, bounded: lines, and batches of records. What they mean is protocol.ts's business.

import { readUint32 } from '../dns/octets.ts'
import { ProtocolError } from './error.ts'

/** No line is longer, its line feed included. */
export const MAX_LINE_OCTETS = 1024 * 1024
/** No batch is longer, its header included: of the shortest requests it holds five thousand, and nobody else is heard while they are opened. */
export const MAX_BATCH_OCTETS = 128 * 1024

/** What a batch is made of, by its first octet. No line of JSON begins with one of them. */
export const BATCH = { OPEN: 1, REPLIES: 2 } as const
/** That octet, and the octets that follow this header as a number of 32 bits. */
export const BATCH_HEADER_OCTETS = 5

const LINE_FEED = 0x0a

/** A line without its line feed, or a batch with its header. */
export type Frame = string | Buffer

/** Cuts a stream into frames, however it was chunked. Holds less than one frame between calls. */
export class FrameDecoder {
  #parts: Uint8Array[] = []
  #octets = 0

  /** The frames that `chunk` completes; batches may be views of it. Throws ProtocolError when one is too long. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    const octets = this.#withShortBeginning(chunk)
    let start = 0
    while (start < octets.length) {
      const end = this.#endOf(octets, start)
      this.#keep(octets.subarray(start, end))
      if (end === undefined) break
      frames.push(this.#take())
      start = end
    }
    return frames
  }

  /** So that a header is never in pieces. */
  #withShortBeginning(chunk: Uint8Array): Uint8Array {
    if (this.#octets === 0 || this.#octets >= BATCH_HEADER_OCTETS) return chunk
    return Buffer.concat([this.#join(), chunk])
  }

  /** The offset behind the frame that begins, or goes on, at `start`; undefined: it goes on in the next chunk. */
  #endOf(octets: Uint8Array, start: number): number | undefined {
    const [head, at] = this.#octets > 0 ? [this.#parts[0]!, 0] : [octets, start]
    if (!isBatch(head[at]!)) {
      const feed = octets.indexOf(LINE_FEED, start)
      return feed < 0 ? undefined : feed + 1
    }
    if (head.length - at < BATCH_HEADER_OCTETS) return undefined
    const length = BATCH_HEADER_OCTETS + readUint32(head, at + 1)
    if (length > MAX_BATCH_OCTETS) throw new ProtocolError(`a batch of ${length} octets: expected at most ${MAX_BATCH_OCTETS}`)
    const end = start + length - this.#octets
    return end > octets.length ? undefined : end
  }

  #keep(part: Uint8Array): void {
    this.#octets += part.length
    if (this.#octets > MAX_LINE_OCTETS) throw new ProtocolError(`a line of more than ${MAX_LINE_OCTETS} octets`)
    this.#parts.push(part)
  }

  #take(): Frame {
    const octets = this.#join()
    return isBatch(octets[0]!) ? octets : octets.toString('utf8', 0, octets.length - 1)
  }

  #join(): Buffer {
    const [first] = this.#parts
    const isWhole = this.#parts.length === 1
    const octets = isWhole ? Buffer.from(first!.buffer, first!.byteOffset, first!.length) : Buffer.concat(this.#parts)
    this.#parts = []
    this.#octets = 0
    return octets
  }
}

function isBatch(octet: number): boolean {
  return octet === BATCH.OPEN || octet === BATCH.REPLIES
}
