// The lines of a stream from some record on, as they come: for whoever takes them elsewhere. It checks nothing; verify.ts does.

import { listSegments, type Segment } from './folder.ts'
import { readLines } from './lines.ts'

export interface TailLine {
  readonly seq: number
  /** As written, without its line feed: the next record's hash is of this. */
  readonly text: string
  readonly record: Readonly<Record<string, unknown>>
}

export interface Batch {
  readonly lines: readonly TailLine[]
  /** Records that were deleted, by the number of files to keep, before they were read. */
  readonly missed: number
}

export interface Tail {
  /** What has come since the last call, so many lines at most; none: nothing new. Throws SyntaxError where the log is not what was written. */
  read(most: number): Promise<Batch>
}

/** @param after the last record that is known already, 0 for none */
export function createTail(folder: string, after: number): Tail {
  let seen = after
  let reading: Segment | undefined
  let offset = 0

  async function read(most: number): Promise<Batch> {
    const segments = await listSegments(folder)
    for (let segment = segmentToRead(segments); segment !== undefined; segment = segments.find(({ first }) => first > reading!.first)) {
      if (segment.first !== reading?.first) offset = 0
      reading = segment
      const missed = Math.max(0, segment.first - seen - 1)
      const lines = await readOn(segment, most)
      if (lines.length > 0) return { lines, missed }
    }
    return { lines: [], missed: 0 }
  }

  function segmentToRead(segments: readonly Segment[]): Segment | undefined {
    return segments.findLast(({ first }) => first <= seen + 1) ?? segments[0]
  }

  async function readOn({ file }: Segment, most: number): Promise<readonly TailLine[]> {
    const lines: TailLine[] = []
    for await (const { octets, end } of readLines(file, offset)) {
      offset = end
      const text = octets.toString('utf8')
      const { seq, record } = parseLine(file, text)
      if (seq <= seen) continue
      seen = seq
      lines.push({ seq, text, record })
      if (lines.length >= most) break
    }
    return lines
  }

  return { read }
}

function parseLine(file: string, text: string): Pick<TailLine, 'seq' | 'record'> {
  try {
    const record = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (Number.isSafeInteger(record.seq)) return { seq: Number(record.seq), record }
  } catch (cause) {
    throw new SyntaxError(`${file}: a line is no record; "sallyport log verify" says more`, { cause })
  }
  throw new SyntaxError(`${file}: a record has no number; "sallyport log verify" says more`)
}
