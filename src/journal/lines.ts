// Lines of files that somebody else may be writing, or may have tampered with.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Some two hundred lines: whoever checks them all at once holds nobody up. */
const CHUNK_OCTETS = 64 * 1024
/** No record is as long: what is, was not written by us. */
const MOST_LINE_OCTETS = 1024 * 1024
const LINE_FEED = 0x0a
/** Passed over at most of one: a file without blocks can claim more than is ever read (truncate(2)). */
const MOST_PASSED_OVER_OCTETS = 64 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

export interface Line {
  /** Without its line feed. */
  readonly octets: Buffer
  /** Behind its line feed. */
  readonly end: number
}

/** We have not written this: what stands in the place of a file is none, or a line is longer than any record. */
export class ForeignError extends Error {
  override readonly name = 'ForeignError'
}

/** Opens a regular file for reading; neither links, pipes nor sockets, which its writer could have put there. Throws ForeignError for those. */
export async function openPlain(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(refuseForeign)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new ForeignError(`${file} is no file`)
}

/** What open(2) says of a link that is not to be followed, and of a socket. */
function refuseForeign(cause: NodeJS.ErrnoException): never {
  if (cause.code === 'ELOOP') throw new ForeignError(`${cause.path} is a symbolic link`, { cause })
  if (cause.code === 'ENXIO') throw new ForeignError(`${cause.path} is no file`, { cause })
  throw cause
}

/** What becomes of a line that is too long: ForeignError, or a line without octets if it ends within reach. */
export type TooLong = 'refused' | 'emptied'

/** The whole lines from `offset` on. What stands behind the last line feed is no line yet. Throws ForeignError. */
export async function* readLines(file: string, offset = 0, tooLong: TooLong = 'refused'): AsyncGenerator<Line> {
  for await (const lines of readBlocks(file, offset, tooLong)) yield* lines
}

/** The same, as many at a time as are read at a time: to wait for each line would take longer than to check it. */
export async function* readBlocks(file: string, offset = 0, tooLong: TooLong = 'refused'): AsyncGenerator<readonly Line[]> {
  const handle = await openPlain(file)
  try {
    let rest: Buffer = NOTHING
    let isTooLong = false
    let passedOver = 0
    let position = offset
    const chunk = Buffer.alloc(CHUNK_OCTETS)
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_OCTETS, position)
      if (bytesRead === 0) return
      const octets = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
      const start = position - rest.length
      position += bytesRead
      const lines = linesIn(octets, start)
      const [first] = lines
      if (isTooLong && first !== undefined) {
        lines[0] = { octets: NOTHING, end: first.end }
        isTooLong = false
        passedOver = 0
      }
      yield lines
      rest = octets.subarray((lines.at(-1)?.end ?? start) - start)
      isTooLong ||= rest.length > MOST_LINE_OCTETS
      if (!isTooLong) continue
      passedOver += rest.length
      rest = NOTHING
      if (tooLong === 'refused' || passedOver > MOST_PASSED_OVER_OCTETS)
        throw new ForeignError(`${file}: a line is longer than ${MOST_LINE_OCTETS} octets`)
    }
  } finally {
    await handle.close()
  }
}

/** @param start where the octets stand in the file */
function linesIn(octets: Buffer, start: number): Line[] {
  const lines: Line[] = []
  let from = 0
  for (let end = octets.indexOf(LINE_FEED); end >= 0; end = octets.indexOf(LINE_FEED, from)) {
    lines.push({ octets: octets.subarray(from, end), end: start + end + 1 })
    from = end + 1
  }
  return lines
}

/** Octets behind the last line feed. */
export async function tornOctets(file: string, endOfLines: number): Promise<number> {
  const handle = await openPlain(file)
  try {
    return (await handle.stat()).size - endOfLines
  } finally {
    await handle.close()
  }
}
