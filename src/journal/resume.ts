// Where a chain goes on after a restart.

import { open } from 'node:fs/promises'
import { BEGINNING, followLine, type Head, hashOf } from './chain.ts'
import { listSegments } from './folder.ts'
import { readLines, tornOctets } from './lines.ts'

export interface Resumption {
  readonly head: Head
  /** Undefined: there is none to go on in. */
  readonly file: string | undefined
  /** Of the file: where the next line goes. */
  readonly octets: number
  readonly after: 'nothing' | 'stop' | 'crash'
  /** Octets of a line that was never finished. */
  readonly torn: number
}

const NOTHING: Resumption = { head: BEGINNING, file: undefined, octets: 0, after: 'nothing', torn: 0 }

/** Finds the end of the chain, and cuts off a line that was never finished. A damaged line is left for `log verify` to find. */
export async function resumeChain(folder: string): Promise<Resumption> {
  const last = (await listSegments(folder)).at(-1)
  if (last === undefined) return NOTHING
  let head: Head = { seq: last.first - 1, hash: '' }
  let octets = 0
  let event: unknown
  for await (const line of readLines(last.file)) {
    const link = followLine(undefined, line.octets)
    head = { seq: link.kind === 'link' ? link.head.seq : head.seq + 1, hash: hashOf(line.octets) }
    event = link.kind === 'link' ? link.record.event : undefined
    octets = line.end
  }
  const torn = await tornOctets(last.file, octets)
  if (torn > 0) await cut(last.file, octets)
  // A file without a line: the crash came between its making and its first record, and the chain's end is in the one before.
  if (octets === 0) return { ...(await endOfEarlier(folder)), file: last.file, octets: 0, torn }
  return { head, file: last.file, octets, after: event === 'stop' ? 'stop' : 'crash', torn }
}

async function endOfEarlier(folder: string): Promise<Resumption> {
  const earlier = (await listSegments(folder)).at(-2)
  let found: Resumption = NOTHING
  if (earlier === undefined) return found
  for await (const { octets } of readLines(earlier.file)) {
    const link = followLine(undefined, octets)
    if (link.kind === 'link') found = { ...found, head: link.head, after: link.record.event === 'stop' ? 'stop' : 'crash' }
  }
  return found
}

async function cut(file: string, octets: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(octets)
  } finally {
    await handle.close()
  }
}
