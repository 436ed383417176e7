// The records of a log, as they are and as they come. Whether they are what was written is the business of `verify`.

import { lstat } from 'node:fs/promises'
import { listSegments, type Segment } from './folder.ts'
import { ForeignError, readLines } from './lines.ts'
import { isPlausible } from './plausible.ts'
import { type JournalRecord, STREAMS, type Stream } from './record.ts'

/** A record, and when it was written: milliseconds since the epoch. */
export interface Entry {
  readonly stream: Stream
  readonly time: number
  readonly record: JournalRecord
}

export interface JournalReader {
  /** Hands over what has come since the last time, each process's records in order. */
  advance(take: (entry: Entry) => void): Promise<void>
  /** What was passed over so far. */
  readonly unread: readonly Unread[]
}

/** What a file of the log holds beside records as we write them. */
export interface Unread {
  readonly file: string
  readonly lines: number
  /** Why no more of it was read; null: all of it was. */
  readonly reason: string | null
}

export interface ReaderOptions {
  readonly folders: Readonly<Record<Stream, string>>
  /** Octets read so far, of so many. */
  onProgress?(read: number, all: number): void
}

/** Throws what the file system says; a folder that is not there holds nothing. Whoever damages a file keeps nobody from reading the others. */
export function createReader({ folders, onProgress }: ReaderOptions): JournalReader {
  const places = new Map<Stream, { segment: Segment; offset: number }>()
  const unread = new Map<string, Unread>()
  let read = 0

  async function advance(take: (entry: Entry) => void): Promise<void> {
    const all = onProgress === undefined ? 0 : await sizeOf(folders)
    for (const stream of STREAMS) await readStream(stream, take, all)
  }

  async function readStream(stream: Stream, take: (entry: Entry) => void, all: number): Promise<void> {
    const place = places.get(stream)
    for (const segment of await listSegments(folders[stream])) {
      if (place !== undefined && segment.first < place.segment.first) continue
      const start = segment.first === place?.segment.first ? place.offset : 0
      places.set(stream, { segment, offset: await readSegment(stream, segment.file, start, take) })
      onProgress?.(read, all)
    }
  }

  /** Returns where the next line begins. */
  async function readSegment(stream: Stream, file: string, start: number, take: (entry: Entry) => void): Promise<number> {
    let offset = start
    try {
      for await (const { octets, end } of readLines(file, start, 'emptied')) {
        read += end - offset
        offset = end
        const entry = parseEntry(stream, octets.toString())
        if (entry === undefined) unread.set(file, { file, lines: (unread.get(file)?.lines ?? 0) + 1, reason: null })
        else take(entry)
      }
    } catch (error) {
      if (!(error instanceof ForeignError)) throw error
      unread.set(file, { file, lines: unread.get(file)?.lines ?? 0, reason: error.message })
    }
    return offset
  }

  return {
    advance,
    get unread() {
      return [...unread.values()]
    },
  }
}

function parseEntry(stream: Stream, line: string): Entry | undefined {
  try {
    const { time, ...record } = JSON.parse(line) as { readonly time: string } & JournalRecord
    const at = Date.parse(time)
    if (Number.isNaN(at) || typeof record.event !== 'string' || !isPlausible(stream, record as JournalRecord)) return undefined
    return { stream, time: at, record: record as JournalRecord }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined // a line "null" has no time
    throw error
  }
}

async function sizeOf(folders: ReaderOptions['folders']): Promise<number> {
  const segments = (await Promise.all(STREAMS.map((stream) => listSegments(folders[stream])))).flat()
  const sizes = await Promise.all(segments.map(({ file }) => lstat(file)))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
