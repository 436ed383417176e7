// What was read of a file stays known while the file is the same: a reload of a thousand files looks at those that may have changed, and reads
// those that have.

import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { breathe } from './breath.ts'

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
  read(file: string, make: Make<T>, isSame?: boolean): Promise<T>
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

  async function read(file: string, make: Make<T>, isSame = false): Promise<T> {
    const before = seen.get(file) ?? known.get(file)
    const now = isSame && before !== undefined ? before : await lookAt(file, make, before)
    seen.set(file, now)
    return now.value
  }

  async function lookAt(file: string, make: Make<T>, before: Known<T> | undefined): Promise<Known<T>> {
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, { bigint: true })
    const signature = `${ino} ${size} ${mtimeNs} ${ctimeNs}`
    if (before?.settled && before.signature === signature) return before
    if (size > LARGEST_FILE_OCTETS) throw new TextError(`is larger than ${LARGEST_FILE_OCTETS / 1024 / 1024} MiB`)
    const { octets, digest } = await readWhole(file, Number(size))
    const settled = Date.now() - Number(ctimeMs) > SETTLED_MS
    const value = before?.digest === digest ? before.value : await make(checkText(octets), digest)
    return { signature, settled, digest, value }
  }

  return {
    read,
    sweep: () => {
      known = seen
      seen = new Map()
    },
  }
}

/** A file that grows meanwhile will have changed when it is looked at next. */
async function readWhole(file: string, size: number): Promise<{ readonly octets: Buffer; readonly digest: string }> {
  const handle = await open(file, 'r')
  try {
    const whole = Buffer.allocUnsafeSlow(size + 1)
    const hash = createHash('sha256')
    let length = 0
    while (length < whole.length) {
      const { bytesRead } = await handle.read(whole, length, Math.min(CHUNK_OCTETS, whole.length - length), length)
      if (bytesRead === 0) break
      hash.update(whole.subarray(length, length + bytesRead))
      length += bytesRead
      await breathe()
    }
    return { octets: whole.subarray(0, length), digest: hash.digest('hex') }
  } finally {
    await handle.close()
  }
}

function checkText(octets: Buffer): Buffer {
  if (octets.includes(0)) throw new TextError('is not a text file: it holds NUL octets')
  if (!isUtf8(octets)) throw new TextError('is not UTF-8 text')
  return octets
}
