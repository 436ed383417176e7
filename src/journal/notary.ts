// Signs, at intervals, how far both chains have come. It runs in the updater, whose key the resolver cannot read.

import { appendFile, rename, stat } from 'node:fs/promises'
import type { Break, Head } from './chain.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
import type { JournalPaths } from './folder.ts'
import { createFollower, type Follower } from './follower.ts'
import { loadSigningKey, type SigningKey } from './key.ts'
import { readLines } from './lines.ts'
import { STREAMS, type Stream } from './record.ts'

export interface NotaryOptions {
  readonly paths: JournalPaths
  readonly seconds: number
  /** Can the resolver not read the key? */
  readonly apart: boolean
  /** A checkpoint file that has reached it is set aside, in place of the one set aside before. */
  readonly fileOctets: number
  onCheckpoint(line: string): void
  /** A chain is not what was signed before. */
  onBreak(stream: Stream, message: string): void
  onFailure(error: Error): void
}

export interface Notary {
  /** Signs what has come since the last time. */
  sign(): Promise<void>
  close(): Promise<void>
}

const GROUP_READS = 0o640

export function createNotary(options: NotaryOptions): Notary {
  const { paths, apart } = options
  const followers = new Map<Stream, Follower>()
  const signed = new Map<Stream, Head>()
  let key: SigningKey | undefined
  let last: number | undefined
  let running: Promise<void> | undefined

  function sign(): Promise<void> {
    running ??= signAll()
      .catch((error: Error) => options.onFailure(error))
      .finally(() => {
        running = undefined
      })
    return running
  }

  /** Each for itself: whoever has the resolver can make its files unreadable, and must not keep ours from being signed. */
  async function signAll(): Promise<void> {
    key ??= loadSigningKey(paths)
    last ??= await readLast()
    const by = key
    const failures = new Map<string, Error>()
    for (const stream of STREAMS) await signStream(stream, by).catch((error: Error) => failures.set(error.message, error))
    failures.forEach((error) => void options.onFailure(error))
  }

  async function signStream(stream: Stream, by: SigningKey): Promise<void> {
    const found = await followerOf(stream).advance()
    if (found === undefined) return
    if ('kind' in found) return startAnew(stream, found)
    if (found.seq === signed.get(stream)?.seq) return
    const time = new Date().toISOString()
    const line = encodeCheckpoint({ checkpoint: last! + 1, stream, ...found, time, apart }, by)
    await append(line)
    last = last! + 1
    signed.set(stream, found)
    options.onCheckpoint(line)
  }

  function followerOf(stream: Stream): Follower {
    const follower = followers.get(stream) ?? createFollower(paths.stream[stream], signed.get(stream))
    followers.set(stream, follower)
    return follower
  }

  /** What was signed stays signed, and shows the break to whoever verifies; what comes is followed from where it is. */
  function startAnew(stream: Stream, { message }: Break): void {
    followers.delete(stream)
    signed.delete(stream)
    options.onBreak(stream, message)
  }

  /** How many checkpoints there are; notes the last of each stream. */
  async function readLast(): Promise<number> {
    let number = 0
    for (const file of await checkpointFiles(paths)) {
      for await (const { octets } of readLines(file)) {
        const checkpoint = decodeCheckpoint(octets.toString())
        if (checkpoint === undefined) continue
        number = checkpoint.checkpoint
        signed.set(checkpoint.stream, { seq: checkpoint.seq, hash: checkpoint.hash })
      }
    }
    return number
  }

  async function append(line: string): Promise<void> {
    const { size } = await stat(paths.checkpoints).catch(() => ({ size: 0 }))
    if (size >= options.fileOctets) await rename(paths.checkpoints, asideOf(paths))
    await appendFile(paths.checkpoints, `${line}\n`, { mode: GROUP_READS, flush: true })
  }

  const timer = setInterval(sign, options.seconds * 1000)
  return {
    sign,
    close: async () => {
      clearInterval(timer)
      await running
      await sign()
    },
  }
}

function asideOf({ checkpoints }: JournalPaths): string {
  return checkpoints.replace(/\.jsonl$/, '.1.jsonl')
}

/** Oldest first, as far as they are there. */
export async function checkpointFiles(paths: JournalPaths): Promise<readonly string[]> {
  const files = [asideOf(paths), paths.checkpoints]
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => file,
        () => undefined,
      ),
    ),
  )
  return found.filter((file) => file !== undefined)
}

/** The last checkpoint of each stream, as it was written: what is to be kept elsewhere. */
export async function lastCheckpoints(paths: JournalPaths): Promise<readonly string[]> {
  const lines = new Map<Stream, string>()
  for (const file of await checkpointFiles(paths)) {
    for await (const { octets } of readLines(file)) {
      const line = octets.toString()
      const checkpoint: Checkpoint | undefined = decodeCheckpoint(line)
      if (checkpoint !== undefined) lines.set(checkpoint.stream, line)
    }
  }
  return [...lines.values()]
}
