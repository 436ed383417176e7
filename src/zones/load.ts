// Folders of zone files → what each file says, or everything that is wrong with it.

import { join } from 'node:path'
import type { Tier } from '../policy/rule.ts'
import { inert, isInert } from '../printable.ts'
import { runBreathing } from './breath.ts'
import { type Changed, type News, newsOf } from './changed.ts'
import { inTurns } from './in-turns.ts'
import { type FoundFile, listFiles } from './list.ts'
import { type ParsedZone, parseSteps } from './parse.ts'
import type { Problem } from './problem.ts'
import { type TextCache, TextError } from './text-cache.ts'

/** Where zone files are. With two folders, the folder decides the tier; `also` is one more, of the app tier. */
export type ZoneFolders = (
  | { readonly kind: 'one'; readonly folder: string }
  | { readonly kind: 'tiers'; readonly base: string; readonly app: string }
) & { readonly also?: string }

interface TierFolder {
  readonly folder: string
  readonly tier: Tier | undefined
}

const TIERS: readonly Tier[] = ['base', 'app']
export const ZONE_SUFFIX = '.zone'

export type ZoneCache = TextCache<ParsedZone>

/**
 * Looks at what is new or may have changed. What is valid or broken together is one list: tiers with folders of their own stand each by
 * itself, so that the owner of the one does not hold up what the other says. Never rejects over what the folders hold: that is a problem
 * with a place.
 */
export async function loadFolders(folders: ZoneFolders, cache: ZoneCache, changed: Changed): Promise<readonly (readonly ParsedZone[])[]> {
  const loaded = await Promise.all(
    tierFolders(folders).map(async (each) => ({ tier: each.tier, zones: await loadFolder(each, cache, changed) })),
  )
  if (folders.kind === 'one') return [loaded.flatMap(({ zones }) => zones)]
  return TIERS.map((tier) => loaded.filter((each) => each.tier === tier).flatMap(({ zones }) => zones))
}

export function tierFolders(folders: ZoneFolders): readonly TierFolder[] {
  const also: TierFolder[] = folders.also === undefined ? [] : [{ folder: folders.also, tier: 'app' }]
  if (folders.kind === 'one') return [{ folder: folders.folder, tier: undefined }, ...also]
  return [{ folder: folders.base, tier: 'base' }, { folder: folders.app, tier: 'app' }, ...also]
}

async function loadFolder({ folder, tier }: TierFolder, cache: ZoneCache, changed: Changed): Promise<readonly ParsedZone[]> {
  const found = await listZones(folder)
  if (found instanceof Error) return [failed(folder, `cannot read the folder of zone files: ${explain(found)}`)]
  if (found.length === 0) return [{ zone: undefined, problems: [warning(folder, `holds no *${ZONE_SUFFIX} file, so it allows nothing`)] }]
  return inTurns(found, async (each) =>
    isInert(each.name) ? loadFile(join(folder, each.name), tier, cache, newsOf(changed, folder, each)) : refuseName(folder, each.name),
  )
}

/** Who prints where an entry stands, prints the name: it is not to end the line, or to steer a terminal. */
function refuseName(folder: string, name: string): ParsedZone {
  return failed(join(folder, inert(name)), 'its name holds control characters, escaped here: rename the file')
}

async function listZones(folder: string): Promise<readonly FoundFile[] | Error> {
  try {
    return await listFiles(folder, ZONE_SUFFIX)
  } catch (error) {
    return error as Error
  }
}

/** In the words of whoever can mend it. */
function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'it does not exist; "sallyport init" makes one, --zones or "zones" in the settings names another'
  if (code === 'EACCES') return 'its owner lets this user not in; give it read and execute permission, or run as another user'
  return code === 'ENOTDIR' ? 'it is no folder; --zones or "zones" in the settings names another' : message
}

async function loadFile(file: string, tier: Tier | undefined, cache: ZoneCache, news: News): Promise<ParsedZone> {
  try {
    return await cache.read(file, (octets, digest) => runBreathing(parseSteps(octets, { file, tier }, digest)), news)
  } catch (error) {
    if (error instanceof TextError) return failed(file, error.message)
    if (error instanceof Error && 'code' in error) return failed(file, `cannot be read: ${error.message}`)
    throw error
  }
}

function failed(file: string, message: string): ParsedZone {
  return { zone: undefined, problems: [{ file, line: 0, message, severity: 'error' }] }
}

function warning(file: string, message: string): Problem {
  return { file, line: 0, message, severity: 'warning' }
}
