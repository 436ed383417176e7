// One process's end of the decision log. Writing a record puts it into a queue and returns: no disk, however full or slow, holds up an answer.

import { fieldsOf } from './chain.ts'
import type { JournalOptions } from './options.ts'
import { type JournalRecord, LOG_VERSION } from './record.ts'
import { createSegments, type Segments } from './segments.ts'
import { createStamp } from './stamp.ts'

export interface Journal {
  /** Until then everything waits: to be called when the process is the user that the files are to belong to. */
  start(): void
  /** Never waits and never throws. What finds no room is counted, and written as lost when there is room again. */
  write(record: JournalRecord): void
  /** What keeps records from being written now; undefined: nothing. */
  readonly failure: string | undefined
  status(): JournalStatus
  /** Writes what waits, ends the log and closes it. */
  close(): Promise<void>
}

export interface JournalStatus {
  readonly folder: string
  readonly records: number
  readonly waiting: number
  /** Since start: could not be written, and why. */
  readonly lost: number
  readonly failure: string | null
}

/** As text at once: a record of many objects, kept for a quarter of a second, would be copied twice by the collector (bench: new names). */
interface Waiting {
  readonly time: string
  readonly fields: string
}

/** What a disk that has stopped may cost in memory: some 20 MB; and no more than this where answers have thousands of addresses. */
const MOST_WAITING = 65_536
const MOST_CHARACTERS = 1 << 25
/** So many lines are made and written at once: half a millisecond, and queries are answered before the next. */
const BATCH_RECORDS = 128
const FLUSH_MS = 250
const RETRY_MS = 1000
/** A write that takes longer is a disk that does not answer. */
const STALLED_MS = 2000
const PATIENCE_MS = 3000

/** Goes on where the log in `options.folder` ends. Never rejects: a folder that cannot be used is a failure like a full disk, and tried again. */
export function openJournal(options: JournalOptions): Journal {
  const waiting: Waiting[] = []
  let characters = 0
  const stamp = createStamp()
  let segments: Segments | undefined
  let failure: string | undefined
  let writingSince: number | undefined
  let retryAt = 0
  let syncAt = 0
  let isUnsynced = false
  let lost = 0
  let lostNow = 0
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let pumpAt = 0
  let isStarted = false
  let isClosed = false

  function write(record: JournalRecord): void {
    const time = stamp(Date.now())
    if (isFull()) {
      lost++
      lostNow++
      return
    }
    noteLost(time)
    waiting.push(toWait(time, record))
    pumpIn(FLUSH_MS)
  }

  function isFull(): boolean {
    return waiting.length >= MOST_WAITING || characters >= MOST_CHARACTERS
  }

  function toWait(time: string, record: JournalRecord): Waiting {
    const fields = fieldsOf(record)
    characters += fields.length
    return { time, fields }
  }

  function noteLost(time: string): void {
    if (lostNow === 0) return
    waiting.push(toWait(time, { event: 'lost', records: lostNow, reason: failure ?? 'the disk is too slow' }))
    lostNow = 0
  }

  /** Then, or sooner if somebody else wants it sooner. While there is nothing to write the process is not woken. */
  function pumpIn(milliseconds: number): void {
    if (!isStarted || isClosed) return
    const now = performance.now()
    const at = Math.max(now + milliseconds, retryAt)
    if (timer !== undefined && pumpAt <= at) return
    clearTimeout(timer)
    pumpAt = at
    timer = setTimeout(pump, at - now)
  }

  function pump(): void {
    timer = undefined
    if (running !== undefined) return
    running = drain().finally(() => {
      running = undefined
      writingSince = undefined
      if (waiting.length > 0 || failure !== undefined) pumpIn(FLUSH_MS)
      else if (isUnsynced) pumpIn(syncAt - performance.now())
    })
  }

  async function drain(): Promise<void> {
    try {
      segments ??= await begin()
      while (waiting.length > 0) await writeBatch(segments)
      noteLost(new Date().toISOString())
      if (isUnsynced && performance.now() >= syncAt) await sync(segments)
      recovered()
    } catch (error) {
      failed(error as Error)
    }
  }

  async function begin(): Promise<Segments> {
    writingSince = performance.now()
    const { segments: opened, resumption } = await createSegments(options)
    const { after, torn } = resumption
    const start: JournalRecord = { event: 'start', version: LOG_VERSION, pid: process.pid, after, ...(torn > 0 ? { torn } : {}) }
    waiting.unshift(toWait(new Date().toISOString(), start))
    return opened
  }

  /** The batch leaves the queue when it is written, not before. */
  async function writeBatch(into: Segments): Promise<void> {
    writingSince = performance.now()
    const batch = waiting.slice(0, BATCH_RECORDS)
    isUnsynced = true
    await into.append(batch.map(({ time, fields }) => `"time":"${time}",${fields}`))
    waiting.splice(0, batch.length)
    for (const { fields } of batch) characters -= fields.length
    writingSince = undefined
  }

  async function sync(into: Segments): Promise<void> {
    syncAt = performance.now() + options.syncSeconds * 1000
    writingSince = performance.now()
    await into.sync()
    isUnsynced = false
    writingSince = undefined
  }

  function failed(error: Error): void {
    if (failure === undefined) options.onFailure(error.message)
    failure = error.message
    retryAt = performance.now() + RETRY_MS
  }

  function recovered(): void {
    if (failure !== undefined) options.onRecovery()
    failure = undefined
  }

  function currentFailure(): string | undefined {
    if (failure !== undefined) return failure
    if (writingSince !== undefined && performance.now() - writingSince > STALLED_MS) return `${options.folder}: the disk does not answer`
    return isFull() ? `${options.folder}: the disk is too slow` : undefined
  }

  return {
    start: () => {
      isStarted = true
      pump()
    },
    write,
    get failure() {
      return currentFailure()
    },
    status: () => ({
      folder: options.folder,
      records: segments?.head.seq ?? 0,
      waiting: waiting.length,
      lost,
      failure: currentFailure() ?? null,
    }),
    async close() {
      if (isClosed) return
      isClosed = true
      clearTimeout(timer)
      write({ event: 'stop' })
      retryAt = 0
      syncAt = 0
      await Promise.race([running?.then(drain) ?? drain(), pause(PATIENCE_MS)])
      await Promise.race([segments?.close(), pause(PATIENCE_MS)])
    },
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}
