// Lines of files that somebody else may be writing, or may have tampered with.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Some two hundred lines: whoever checks them all at once holds nobody up. */
const CHUNK_OCTETS = 64 * 1024
/** No record is as long: what is, was not written by us. */
const MOST_LINE_OCTETS = 1024 * 1024
const LINE_FEED = 0x0a

export interface Line {
  /** Without its line feed. */
  readonly octets: Buffer
  /** Behind its line feed. */
  readonly end: number
}

/** Opens a regular file for reading; neither links nor pipes, which its writer could have put there. */
export async function openPlain(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new Error(`${file} is no file`)
}

/** The whole lines from `offset` on. What stands behind the last line feed is no line yet. */
export async function* readLines(file: string, offset = 0): AsyncGenerator<Line> {
  for await (const lines of readBlocks(file, offset)) yield* lines
}

/** The same, as many at a time as are read at a time: to wait for each line would take longer than to check it. */
export async function* readBlocks(file: string, offset = 0): AsyncGenerator<readonly Line[]> {
  const handle = await openPlain(file)
  try {
    let rest: Buffer = Buffer.alloc(0)
    let position = offset
    const chunk = Buffer.alloc(CHUNK_OCTETS)
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_OCTETS, position)
      if (bytesRead === 0) return
      const octets = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
      const start = position - rest.length
      position += bytesRead
      const lines = linesIn(octets, start)
      yield lines
      rest = octets.subarray((lines.at(-1)?.end ?? start) - start)
      if (rest.length > MOST_LINE_OCTETS) throw new Error(`${file}: a line is longer than ${MOST_LINE_OCTETS} octets`)
    }
  } finally {
    await handle.close()
  }
}

/** @param start where the octets stand in the file */
function linesIn(octets: Buffer, start: number): readonly Line[] {
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
