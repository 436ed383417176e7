// What was read of a file stays known while the file is the same: a reload of a thousand files looks at those that may have changed, and reads
// those that have.

import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { type BigIntStats, closeSync, constants, fstatSync, open, read as readSome } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { breathe } from './breath.ts'
import type { News } from './changed.ts'

/** What a file said, and what was made of it. */
interface Known<T> {
  /** Times, size and inode. */
  readonly signature: string
  /** Was it left alone for long enough that a later change cannot have the same times? */
  readonly settled: boolean
  readonly digest: string
  readonly value: T
}

/** `octets`: text in UTF-8; `digest`: its SHA-256, in hexadecimal. */
type Make<T> = (octets: Buffer, digest: string) => T | Promise<T>

export interface TextCache<T> {
  /**
   * What `make` makes of the text of the file now; the value of before if it is the same text, or if the file is told to be the same. Rejects
   * with the system's error, and with TextError.
   */
  read(file: string, make: Make<T>, news: News): Promise<T>
  /** Forgets files that have not been read since the last call. */
  sweep(): void
}

/** The file is not one of text that could be a zone file. */
export class TextError extends Error {
  override readonly name = 'TextError'
}

/** A million entries of sixty octets fit. */
const LARGEST_FILE_OCTETS = 64 * 1024 * 1024
/** So much is read and hashed in a millisecond. */
const CHUNK_OCTETS = 512 * 1024
/** Coarser than the clock of any file system. */
const SETTLED_MS = 2000

export function createTextCache<T>(): TextCache<T> {
  let known = new Map<string, Known<T>>()
  let seen = new Map<string, Known<T>>()

  async function read(file: string, make: Make<T>, news: News): Promise<T> {
    const before = seen.get(file) ?? known.get(file)
    const now = before !== undefined && (await isSame(file, before, news)) ? before : await lookAt(file, make, before)
    seen.set(file, now)
    return now.value
  }

  async function isSame(file: string, { settled, signature }: Known<T>, news: News): Promise<boolean> {
    return news === 'same' || (news === 'unknown' && settled && signatureOf(await stat(file, { bigint: true })) === signature)
  }

  async function lookAt(file: string, make: Make<T>, before: Known<T> | undefined): Promise<Known<T>> {
    const { octets, digest, stats } = await readWhole(file)
    const settled = Date.now() - Number(stats.ctimeMs) > SETTLED_MS
    const value = before?.digest === digest ? before.value : await make(checkText(octets), digest)
    return { signature: signatureOf(stats), settled, digest, value }
  }

  return {
    read,
    sweep: () => {
      known = seen
      seen = new Map()
    },
  }
}

function signatureOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

const openFile = promisify(open)
const readPiece = promisify(readSome)

interface Whole {
  readonly octets: Buffer
  readonly digest: string
  readonly stats: BigIntStats
}

/** A file that grows meanwhile will have changed when it is looked at next. */
async function readWhole(file: string): Promise<Whole> {
  // Of a pipe, which whoever owns the folder could put there, opening would wait for a writer, and every later reload with it.
  const descriptor = await openFile(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    // Of a file that has just been opened this waits for nothing, nor does closing it; a way through the thread pool costs more than both.
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) throw new TextError('is no file')
    if (stats.size > LARGEST_FILE_OCTETS) throw new TextError(`is larger than ${LARGEST_FILE_OCTETS / 1024 / 1024} MiB`)
    const whole = Buffer.allocUnsafeSlow(Number(stats.size))
    const hash = createHash('sha256')
    let length = 0
    while (length < whole.length) {
      const { bytesRead } = await readPiece(descriptor, whole, length, Math.min(CHUNK_OCTETS, whole.length - length), length)
      if (bytesRead === 0) break
      hash.update(whole.subarray(length, length + bytesRead))
      length += bytesRead
      await breathe()
    }
    return { octets: whole.subarray(0, length), digest: hash.digest('hex'), stats }
  } finally {
    closeSync(descriptor)
  }
}

function checkText(octets: Buffer): Buffer {
  if (octets.includes(0)) throw new TextError('is not a text file: it holds NUL octets')
  if (!isUtf8(octets)) throw new TextError('is not UTF-8 text')
  return octets
}
