// Folders of zone files → what each file says, or everything that is wrong with it.

import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tier } from '../policy/rule.ts'
import { listFiles } from './list.ts'
import { type ParsedZone, parseZone } from './parse.ts'
import type { Problem } from './problem.ts'

/** Where zone files are. With two folders, the folder decides the tier; `also` is one more, of the app tier. */
export type ZoneFolders = (
  | { readonly kind: 'one'; readonly folder: string }
  | { readonly kind: 'tiers'; readonly base: string; readonly app: string }
) & { readonly also?: string }

interface TierFolder {
  readonly folder: string
  readonly tier: Tier | undefined
}

export const ZONE_SUFFIX = '.zone'
/** A million entries of sixty octets fit. */
const LARGEST_FILE_OCTETS = 64 * 1024 * 1024

/** Never rejects over what the folders hold: that is a problem with a place. */
export async function loadFolders(folders: ZoneFolders): Promise<readonly ParsedZone[]> {
  return (await Promise.all(tierFolders(folders).map(loadFolder))).flat()
}

export function tierFolders(folders: ZoneFolders): readonly TierFolder[] {
  const also: TierFolder[] = folders.also === undefined ? [] : [{ folder: folders.also, tier: 'app' }]
  if (folders.kind === 'one') return [{ folder: folders.folder, tier: undefined }, ...also]
  return [{ folder: folders.base, tier: 'base' }, { folder: folders.app, tier: 'app' }, ...also]
}

async function loadFolder({ folder, tier }: TierFolder): Promise<readonly ParsedZone[]> {
  const names = await listZones(folder)
  if (!Array.isArray(names)) return [failed(folder, `cannot read the folder of zone files: ${(names as Error).message}`)]
  if (names.length === 0) return [{ zone: undefined, problems: [warning(folder, `holds no *${ZONE_SUFFIX} file, so it allows nothing`)] }]
  return Promise.all(names.map((name) => loadFile(join(folder, name), tier)))
}

async function listZones(folder: string): Promise<readonly string[] | Error> {
  try {
    return await listFiles(folder, ZONE_SUFFIX)
  } catch (error) {
    return error as Error
  }
}

async function loadFile(file: string, tier: Tier | undefined): Promise<ParsedZone> {
  try {
    const octets = await readBounded(file)
    if (octets === undefined) return failed(file, `is larger than ${LARGEST_FILE_OCTETS / 1024 / 1024} MiB`)
    if (octets.includes(0)) return failed(file, 'is not a text file: it holds NUL octets')
    return parseZone(new TextDecoder('utf-8', { fatal: true }).decode(octets), { file, tier })
  } catch (error) {
    if (error instanceof TypeError) return failed(file, 'is not UTF-8 text')
    if (error instanceof Error && 'code' in error) return failed(file, `cannot be read: ${error.message}`)
    throw error
  }
}

/** Undefined: too large, and not read. Judged by size first, for a file that grows meanwhile is read again anyway. */
async function readBounded(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    return size > LARGEST_FILE_OCTETS ? undefined : await handle.readFile()
  } finally {
    await handle.close()
  }
}

function failed(file: string, message: string): ParsedZone {
  return { zone: undefined, problems: [{ file, line: 0, message, severity: 'error' }] }
}

function warning(file: string, message: string): Problem {
  return { file, line: 0, message, severity: 'warning' }
}
