// Lines of a byte stream, bounded. What a line means is protocol.ts's business.

/** No line of the protocol is longer, its line feed included. */
export const MAX_LINE_OCTETS = 1024 * 1024

const LINE_FEED = 0x0a

/** The peer does not speak the protocol. The connection is of no further use. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** Cuts a stream into lines, however it was chunked. Holds less than one line between calls. */
export class LineDecoder {
  #parts: Uint8Array[] = []
  #octets = 0

  /** The lines that `chunk` completes, without their line feeds. Throws ProtocolError when a line exceeds MAX_LINE_OCTETS. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end + 1))
      lines.push(this.#take())
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  #keep(part: Uint8Array): void {
    this.#octets += part.length
    if (this.#octets > MAX_LINE_OCTETS) throw new ProtocolError(`a line of more than ${MAX_LINE_OCTETS} octets`)
    this.#parts.push(part)
  }

  #take(): string {
    const line = Buffer.concat(this.#parts).toString('utf8').slice(0, -1)
    this.#parts = []
    this.#octets = 0
    return line
  }
}
