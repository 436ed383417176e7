// The files of one stream: appended to, rotated, the oldest deleted.

import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fieldsOf, type Head, linkRecord } from './chain.ts'
import { listSegments, segmentName } from './folder.ts'
import type { JournalOptions } from './options.ts'
import { type Resumption, resumeChain } from './resume.ts'

export interface Segments {
  readonly head: Head
  /** Records by their fields, all or none: on an error the file is cut back to what it held, and the chain stays where it was. */
  append(records: readonly string[]): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

const OWNER_WRITES_GROUP_READS = 0o640

export async function createSegments(options: JournalOptions): Promise<{ readonly segments: Segments; readonly resumption: Resumption }> {
  const resumption = await resumeChain(options.folder)
  let { head, octets } = resumption
  let handle = await openSegment(resumption.file ?? join(options.folder, segmentName(head.seq + 1)))
  let isDirty = false

  async function append(records: readonly string[]): Promise<void> {
    const isNew = octets >= options.fileOctets
    if (isNew) await rotate()
    const doomed = isNew ? await overdue() : []
    await appendLines([
      ...doomed.map(({ file, through }) => fieldsOf({ time: now(), event: 'discard', file: basename(file), through })),
      ...records,
    ])
    // What cannot be deleted now is tried again at the next rotation: the records are written, and must not be written twice.
    for (const { file } of doomed) await unlink(file).catch(() => {})
  }

  async function appendLines(records: readonly string[]): Promise<void> {
    let next = head
    const lines = records.map((fields) => {
      const link = linkRecord(next, fields)
      next = link.head
      return `${link.line}\n`
    })
    const text = Buffer.from(lines.join(''))
    await writeWhole(handle, text, octets)
    isDirty = true
    octets += text.length
    head = next
  }

  /** A file that follows is on the disk after the one before it: a chain with a gap, which a power cut would leave, would look tampered with. */
  async function rotate(): Promise<void> {
    await handle.datasync()
    const former = handle
    handle = await openSegment(join(options.folder, segmentName(head.seq + 1)))
    octets = 0
    await former.close()
  }

  /** The files beyond those to keep, the new one counted. */
  async function overdue() {
    const all = await listSegments(options.folder)
    const old = all.slice(0, Math.max(0, all.length - options.keepFiles))
    return old.map(({ file }, index) => ({ file, through: all[index + 1]!.first - 1 }))
  }

  async function sync(): Promise<void> {
    if (isDirty) await handle.datasync()
    isDirty = false
  }

  const segments = {
    get head() {
      return head
    },
    append,
    sync,
    close: async () => {
      await sync()
      await handle.close()
    },
  }
  return { segments, resumption }
}

async function openSegment(file: string): Promise<FileHandle> {
  const known = await open(file, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (known !== undefined) return known
  const handle = await open(file, 'wx+', OWNER_WRITES_GROUP_READS)
  // The umask may have taken it away, and the updater could not read what it signs.
  await handle.chmod(OWNER_WRITES_GROUP_READS)
  await syncFolder(dirname(file))
  return handle
}

/** To sync a file says nothing of the entry by which its folder knows it (fsync(2)). Some file systems of the network do that for files alone. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    await handle.close()
  }
}

async function writeWhole(handle: FileHandle, text: Buffer, offset: number): Promise<void> {
  try {
    for (let written = 0; written < text.length; ) {
      const { bytesWritten } = await handle.write(text, written, text.length - written, offset + written)
      written += bytesWritten
    }
  } catch (error) {
    await handle.truncate(offset).catch(() => {})
    throw error
  }
}

function now(): string {
  return new Date().toISOString()
}
