// What was read of a file stays known while the file is the same: a reload of a thousand files looks at each, and reads those that have changed.

import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

/** What a file said, and what was made of it. */
interface Known<T> {
  /** Times, size and inode. */
  readonly signature: string
  /** Was it left alone for long enough that a later change cannot have the same times? */
  readonly settled: boolean
  readonly digest: string
  readonly value: T
}

/** `digest`: SHA-256 of the text, in hexadecimal. */
type Make<T> = (text: string, digest: string) => T | Promise<T>

export interface TextCache<T> {
  /** What `make` makes of the text of the file now; the value of before if it is the same text. Rejects with the system's error, and with TextError. */
  read(file: string, make: Make<T>): Promise<T>
  /** Forgets files that have not been read since the last call. */
  sweep(): void
}

/** The file is not one of text that could be a zone file. */
export class TextError extends Error {
  override readonly name = 'TextError'
}

/** A million entries of sixty octets fit. */
const LARGEST_FILE_OCTETS = 64 * 1024 * 1024
/** Coarser than the clock of any file system. */
const SETTLED_MS = 2000

export function createTextCache<T>(): TextCache<T> {
  let known = new Map<string, Known<T>>()
  let seen = new Map<string, Known<T>>()

  async function read(file: string, make: Make<T>): Promise<T> {
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, { bigint: true })
    const signature = `${ino} ${size} ${mtimeNs} ${ctimeNs}`
    const before = seen.get(file) ?? known.get(file)
    const now = before?.settled && before.signature === signature ? before : await readAnew(before)
    seen.set(file, now)
    return now.value

    async function readAnew(former: Known<T> | undefined): Promise<Known<T>> {
      if (size > LARGEST_FILE_OCTETS) throw new TextError(`is larger than ${LARGEST_FILE_OCTETS / 1024 / 1024} MiB`)
      const octets = await readWhole(file)
      const settled = Date.now() - Number(ctimeMs) > SETTLED_MS
      const digest = createHash('sha256').update(octets).digest('hex')
      const value = former?.digest === digest ? former.value : await make(decode(octets), digest)
      return { signature, settled, digest, value }
    }
  }

  return {
    read,
    sweep: () => {
      known = seen
      seen = new Map()
    },
  }
}

async function readWhole(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

function decode(octets: Buffer): string {
  if (octets.includes(0)) throw new TextError('is not a text file: it holds NUL octets')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch (cause) {
    throw new TextError('is not UTF-8 text', { cause })
  }
}
