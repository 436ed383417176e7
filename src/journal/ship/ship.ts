// Takes the decision log elsewhere, from where it was left. What may not have arrived is sent again, so a record may come twice and none is left out.

import { setTimeout as pause } from 'node:timers/promises'
import type { Head } from '../chain.ts'
import type { JournalPaths } from '../folder.ts'
import { STREAMS, type Stream } from '../record.ts'
import { createTail, type Tail, type TailLine } from '../tail.ts'
import { type Cursor, readCursor, writeCursor } from './cursor.ts'
import { type Destination, ShipError } from './destination.ts'

export interface ShipOptions {
  readonly paths: JournalPaths
  readonly destination: Destination
  readonly cursorFile: string
  /** Ends when all that is there has been sent, and at the first failure. */
  readonly once: boolean
  readonly signal: AbortSignal
  /** The destination fails for now, or has been reached again. */
  onTrouble(message: string): void
  onRecovery(): void
  /** The log is another than the one that was sent before; all of it is sent. */
  onAnother(stream: Stream): void
  /** Deleted before they were sent. */
  onMissed(stream: Stream, records: number): void
}

const MOST_LINES = 500
const LOOK_MS = 1000
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000

/** Resolves with how many records were sent. Throws ShipError if they cannot be. */
export async function shipJournal(options: ShipOptions): Promise<number> {
  const { paths, cursorFile, once, signal } = options
  let cursor = readCursor(cursorFile)
  const tails = STREAMS.map((stream) => ({ stream, tail: createTail(paths.stream[stream], cursor[stream]) }))
  let sent = 0

  async function shipSome(stream: Stream, tail: Tail): Promise<number> {
    const { lines, missed, isAnother } = await tail.read(MOST_LINES)
    if (isAnother) options.onAnother(stream)
    if (missed > 0) options.onMissed(stream, missed)
    if (lines.length === 0 || !(await deliver(options, stream, lines))) return 0
    cursor = advance(cursorFile, cursor, stream, lines.at(-1)!)
    return lines.length
  }

  while (!signal.aborted) {
    const before = sent
    const failures: unknown[] = []
    // What a resolver in other hands has written does not keep what the updater has written from being sent.
    for (const { stream, tail } of tails) {
      sent += await shipSome(stream, tail).catch((error: unknown) => {
        failures.push(error)
        return 0
      })
    }
    if (sent > before) continue
    if (failures.length > 0) throw failures[0]
    if (once) return sent
    await pause(LOOK_MS, undefined, { signal }).catch(() => 'stopped')
  }
  return sent
}

function advance(file: string, cursor: Cursor, stream: Stream, { seq, hash }: Head): Cursor {
  const next = { ...cursor, [stream]: { seq, hash } }
  writeCursor(file, next)
  return next
}

/** False: told to stop before they were taken. */
async function deliver(options: ShipOptions, stream: Stream, lines: readonly TailLine[]): Promise<boolean> {
  const { destination, once, signal } = options
  let retryMs = 0
  while (!signal.aborted) {
    try {
      await destination.send(stream, lines)
      if (retryMs > 0) options.onRecovery()
      return true
    } catch (error) {
      if (!(error instanceof ShipError) || !error.isPassing || once) throw error
      if (retryMs === 0) options.onTrouble(error.message)
      retryMs = Math.min(Math.max(FIRST_RETRY_MS, retryMs * 2), LAST_RETRY_MS)
      await pause(retryMs, undefined, { signal }).catch(() => 'stopped')
    }
  }
  return false
}
