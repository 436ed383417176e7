// Where the log lies: a folder for each process, that it alone writes.

import { chmodSync, lchownSync, lstatSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../folder.ts'
import type { Stream } from './record.ts'

export interface JournalPaths {
  readonly folder: string
  readonly stream: Readonly<Record<Stream, string>>
  /** Signed by the updater; in its folder, as is the key. */
  readonly checkpoints: string
  readonly privateKey: string
  readonly publicKey: string
}

export function journalPaths(folder: string): JournalPaths {
  const updater = join(folder, 'updater')
  return {
    folder,
    stream: { resolver: join(folder, 'resolver'), updater },
    checkpoints: join(updater, 'checkpoints.jsonl'),
    privateKey: join(updater, 'key.pem'),
    publicKey: join(updater, 'key.pub.pem'),
  }
}

const EVERYBODY_MAY_PASS = 0o755
/** Parts that are started as users of their own share it by their group; neither may touch what is the other's (S_ISVTX). */
const GROUP_SHARES = 0o1775
const GROUP_READS = 0o750
/** Files that are made in it belong to the folder's group (S_ISGID): where whoever prepares it is in another. Service managers forbid the bit. */
const GROUP_STAYS = 0o2000

export interface Owners {
  readonly uid: number
  /** May read what `uid` writes: the group of the process that signs. */
  readonly gid: number
}

/** Makes the folder of a stream, for its owner to write and its group to read. `owners` undefined: stays ours. Throws what the file system says. */
export function prepareFolder(paths: JournalPaths, stream: Stream, owners: Owners | undefined): void {
  const folder = paths.stream[stream]
  const isNew = makeFolder(paths.folder, EVERYBODY_MAY_PASS)
  if (isNew && owners === undefined) chmodSync(paths.folder, GROUP_SHARES)
  const isMade = makeFolder(folder, GROUP_READS)
  if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is not a folder: remove it`)
  if (owners === undefined) {
    // The umask may have taken it away.
    if (isMade) chmodSync(folder, GROUP_READS)
    return
  }
  // Nothing below it is touched: whoever wrote there before may have put links in place of files.
  lchownSync(folder, owners.uid, owners.gid)
  chmodSync(folder, GROUP_READS | GROUP_STAYS)
}

/** A file of a stream, named by the number of its first record. */
export interface Segment {
  readonly file: string
  readonly first: number
}

const SEGMENT = /^(\d{12})\.jsonl$/

export function segmentName(first: number): string {
  return `${String(first).padStart(12, '0')}.jsonl`
}

/** The files of a stream, oldest first; none if there is no folder yet. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .flatMap((name) => {
      const match = SEGMENT.exec(name)
      return match === null ? [] : [{ file: join(folder, name), first: Number(match[1]) }]
    })
    .toSorted((a, b) => a.first - b.first)
}
