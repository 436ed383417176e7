/** Cuts a byte stream into messages, each behind two octets of length (RFC 1035 section 4.2.2), however the stream was split. */
export class FrameReader {
  #buffered: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk])
  }

  /** The next whole message, in storage that will not change; undefined until more has come. */
  next(): Buffer | undefined {
    if (this.#buffered.length < 2) return undefined
    const end = 2 + this.#buffered.readUInt16BE(0)
    if (this.#buffered.length < end) return undefined
    const message = this.#buffered.subarray(2, end)
    this.#buffered = this.#buffered.subarray(end)
    return message
  }
}

/** The message behind its length, in storage of its own. */
export function frame(message: Uint8Array, length: number): Buffer {
  const octets = Buffer.allocUnsafe(2 + length)
  octets.writeUInt16BE(length, 0)
  octets.set(message.subarray(0, length), 2)
  return octets
}
