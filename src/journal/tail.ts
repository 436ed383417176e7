// The lines of a stream from some record on, as they come: for whoever takes them elsewhere. Whether they are what was written is the
// business of verify.ts; here no more is checked than that the log is still the one that was read before.

import { BEGINNING, type Head, hashOf } from './chain.ts'
import { listSegments, type Segment } from './folder.ts'
import { readLines } from './lines.ts'

export interface TailLine extends Head {
  /** As written, without its line feed: the next record's hash is of this. */
  readonly text: string
  readonly record: Readonly<Record<string, unknown>>
}

export interface Batch {
  readonly lines: readonly TailLine[]
  /** Records that were deleted, by the number of files to keep, before they were read. */
  readonly missed: number
  /** The record that was read last is not in the log, or is another: the log was wiped or replaced, and these are the lines of the new one. */
  readonly isAnother: boolean
}

export interface Tail {
  /** What has come since the last call, so many lines at most, and fewer where they are long; none: nothing new. Throws SyntaxError where the log is not what was written. */
  read(most: number): Promise<Batch>
}

/** Of one batch: a thousand times what records have, and no more where whoever writes them makes them as long as a line may be. */
const MOST_BATCH_OCTETS = 4 * 1024 * 1024

/** Where the line that was read last begins. */
interface Place {
  readonly file: string
  readonly offset: number
}

class AnotherLog extends Error {}

/** @param known the last record that was read before */
export function createTail(folder: string, known: Head): Tail {
  let head = known
  let place: Place | undefined

  async function read(most: number): Promise<Batch> {
    try {
      return { ...(await readOn(most)), isAnother: false }
    } catch (error) {
      // Deleted since the folder was listed: the next look tells what became of it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { lines: [], missed: 0, isAnother: false }
      if (!(error instanceof AnotherLog)) throw error
      head = BEGINNING
      place = undefined
      return { ...(await readOn(most)), isAnother: true }
    }
  }

  async function readOn(most: number): Promise<Pick<Batch, 'lines' | 'missed'>> {
    if (place !== undefined && !(await isThere(place, head))) place = undefined
    let isKnown = head.seq === 0
    for (const { file, first } of await segmentsToRead()) {
      const missed = Math.max(0, first - head.seq - 1)
      const lines: TailLine[] = []
      let room = MOST_BATCH_OCTETS
      for await (const { octets, end } of readLines(file, place?.file === file ? place.offset : 0)) {
        const line = parseLine(octets)
        // What stands before it goes first.
        if (line === undefined && lines.length > 0) break
        if (line === undefined) throw new SyntaxError(`${file}: a line is no record; "sallyport log verify" says more`)
        isKnown ||= isSameLog(head, line)
        if (line.seq <= head.seq) continue
        place = { file, offset: end - octets.length - 1 }
        head = line
        lines.push(line)
        room -= octets.length
        if (lines.length >= most || room <= 0) break
      }
      if (lines.length > 0) return { lines, missed }
    }
    if (!isKnown) throw new AnotherLog()
    return { lines: [], missed: 0 }
  }

  /** From the one that holds the record that was read last. */
  async function segmentsToRead(): Promise<readonly Segment[]> {
    const segments = await listSegments(folder)
    const current = segments.findLastIndex(({ first }) => first <= head.seq)
    return segments.slice(Math.max(0, current))
  }

  return { read }
}

/** Is the line that was read last still where it was? */
async function isThere({ file, offset }: Place, { hash }: Head): Promise<boolean> {
  try {
    for await (const { octets } of readLines(file, offset)) return hashOf(octets) === hash
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return false
}

/** Whether a line shows that the record that was read last is in this log, or was until it was deleted. Throws AnotherLog if it shows the contrary. */
function isSameLog({ seq, hash }: Head, line: TailLine): boolean {
  const isOther = (line.seq === seq && line.hash !== hash) || (line.seq === seq + 1 && line.record.prev !== hash)
  if (isOther) throw new AnotherLog()
  return line.seq >= seq
}

/** Undefined: it is no record, or has no number. */
function parseLine(octets: Buffer): TailLine | undefined {
  const text = octets.toString('utf8')
  try {
    const record = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    return Number.isSafeInteger(record?.seq) ? { seq: Number(record!.seq), hash: hashOf(octets), text, record: record! } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
