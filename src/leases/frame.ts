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

const NOTHING = Buffer.alloc(0)

/** Cuts a stream into frames, however it was chunked. Holds less than one frame between calls, in twice its room at most: whoever sends octets one by one makes no object of each. */
export class FrameDecoder {
  #room = NOTHING
  #octets = 0

  /** The frames that `chunk` completes; batches may be views of it. Throws ProtocolError when one is too long. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    const octets = this.#withShortBeginning(chunk)
    let start = 0
    while (start < octets.length) {
      const end = this.#endOf(octets, start)
      const part = octets.subarray(start, end)
      if (this.#octets + part.length > MAX_LINE_OCTETS) throw new ProtocolError(`a line of more than ${MAX_LINE_OCTETS} octets`)
      if (end === undefined || this.#octets > 0) this.#hold(part)
      if (end === undefined) break
      frames.push(toFrame(this.#octets > 0 ? this.#takeHeld() : part))
      start = end
    }
    return frames
  }

  /** So that a header is never in pieces. */
  #withShortBeginning(chunk: Uint8Array): Uint8Array {
    if (this.#octets === 0 || this.#octets >= BATCH_HEADER_OCTETS) return chunk
    return Buffer.concat([this.#takeHeld(), chunk])
  }

  /** The offset behind the frame that begins, or goes on, at `start`; undefined: it goes on in the next chunk. */
  #endOf(octets: Uint8Array, start: number): number | undefined {
    const [head, at, available] = this.#octets > 0 ? [this.#room, 0, this.#octets] : [octets, start, octets.length - start]
    if (!isBatch(head[at]!)) {
      const feed = octets.indexOf(LINE_FEED, start)
      return feed < 0 ? undefined : feed + 1
    }
    if (available < BATCH_HEADER_OCTETS) return undefined
    const length = BATCH_HEADER_OCTETS + readUint32(head, at + 1)
    if (length > MAX_BATCH_OCTETS) throw new ProtocolError(`a batch of ${length} octets: expected at most ${MAX_BATCH_OCTETS}`)
    const end = start + length - this.#octets
    return end > octets.length ? undefined : end
  }

  #hold(part: Uint8Array): void {
    const octets = this.#octets + part.length
    if (octets > this.#room.length) this.#room = Buffer.concat([this.#room], 2 * octets)
    this.#room.set(part, this.#octets)
    this.#octets = octets
  }

  /** What is held, in storage that is no longer ours. */
  #takeHeld(): Buffer {
    const held = this.#room.subarray(0, this.#octets)
    this.#room = NOTHING
    this.#octets = 0
    return held
  }
}

function toFrame(octets: Uint8Array): Frame {
  const frame = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  return isBatch(frame[0]!) ? frame : frame.toString('utf8', 0, frame.length - 1)
}

function isBatch(octet: number): boolean {
  return octet === BATCH.OPEN || octet === BATCH.REPLIES
}
