// Reads a chain as it grows, and checks that each line follows the one before it.

import { type Break, followLine, type Head } from './chain.ts'
import { listSegments, type Segment } from './folder.ts'
import { type Line, openPlain, readBlocks } from './lines.ts'

export interface Follower {
  /** How far the chain has come; undefined: there is none. */
  advance(): Promise<Head | Break | undefined>
}

/** `known`: how far it had come when it was last signed. That record must be there with that hash, or have been discarded. */
export function createFollower(folder: string, known: Head | undefined): Follower {
  let head: Head | undefined
  let segment: Segment | undefined
  let offset = 0

  async function advance(): Promise<Head | Break | undefined> {
    for (let next = await segmentToRead(); next !== undefined; next = await segmentAfter(next)) {
      segment = next
      const failure = await readOn(next)
      if (failure !== undefined) return failure
    }
    return head
  }

  /** At first the file that holds the known record, later the one that was read last. */
  async function segmentToRead(): Promise<Segment | undefined> {
    if (segment !== undefined) return segment
    const segments = await listSegments(folder)
    return segments.findLast(({ first }) => first <= (known?.seq ?? 0)) ?? segments[0]
  }

  async function segmentAfter(current: Segment): Promise<Segment | undefined> {
    const next = (await listSegments(folder)).find(({ first }) => first > current.first)
    if (next !== undefined) offset = 0
    return next
  }

  async function readOn({ file }: Segment): Promise<Break | undefined> {
    // What is signed must not vanish with the power.
    await syncFile(file)
    for await (const lines of readBlocks(file, offset)) {
      for (const line of lines) {
        const failure = follow(file, line)
        if (failure !== undefined) return failure
      }
    }
    return undefined
  }

  function follow(file: string, { octets, end }: Line): Break | undefined {
    const link = followLine(head, octets)
    if (link.kind === 'break') return { ...link, message: `${file}: ${link.message}` }
    head = link.head
    offset = end
    if (known === undefined || head.seq !== known.seq || head.hash === known.hash) return undefined
    return { kind: 'break', message: `${file}: record ${head.seq} is not the one that was signed` }
  }

  return { advance }
}

/** Any process that may read a file may have it written to the disk. */
async function syncFile(file: string): Promise<void> {
  const handle = await openPlain(file)
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
