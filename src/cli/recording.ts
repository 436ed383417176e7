// Decision logs as commands read them: from the folder of the settings, or from folders that were brought along.

import { join } from 'node:path'
import { type Catalogue, type CatalogueOptions, createCatalogue } from '../audit/catalogue.ts'
import type { RowContext } from '../audit/row.ts'
import { parseSystemList, type SystemList } from '../audit/system-list.ts'
import type { Config } from '../config/config.ts'
import { askControl } from '../daemon/control.ts'
import { statePaths } from '../daemon/path.ts'
import { StartError } from '../daemon/start-error.ts'
import { journalPaths } from '../journal/folder.ts'
import { createReader, type JournalReader, type Unread } from '../journal/reading.ts'
import type { Contacted } from '../journal/record.ts'
import { CommandError, count } from './context.ts'
import { readText } from './file.ts'
import { SYSTEM_LIST } from './place.ts'
import { loadCurrent } from './policy.ts'

export interface Recording {
  readonly folder: string
  readonly catalogue: Catalogue
  readonly reader: JournalReader
}

/** Throws CommandError where there is no log, or none that may be read. */
export async function readRecording(folder: string, options: CatalogueOptions): Promise<Recording> {
  const catalogue = createCatalogue(options)
  const reader = createReader({ folders: journalPaths(folder).stream, onProgress: showProgress })
  await advance({ folder, catalogue, reader })
  if (catalogue.span === undefined)
    throw new CommandError(`${folder} holds no decision log: name its folder, or journal.folder in the settings`)
  return { folder, catalogue, reader }
}

/** What has come since the last time. */
export async function advance({ folder, catalogue, reader }: Recording): Promise<void> {
  try {
    await reader.advance(catalogue.take)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const mend = error.code === 'EACCES' ? '; read it as root, or as the user who runs the updater' : ''
    throw new CommandError(`cannot read the decision log in ${folder}: ${error.message}${mend}`, { cause: error })
  }
}

/** What the kernel counts now: the log is up to a minute behind. Whoever may read the log and not ask the updater has the log alone. */
export async function addLive({ catalogue }: Recording, { state }: Config): Promise<void> {
  const live = await askControl(statePaths(state).updaterControl, '/contacts').catch((error: unknown) => {
    if (error instanceof StartError) return undefined
    throw error
  })
  const time = Date.now()
  for (const record of (live ?? []) as readonly Contacted[]) catalogue.take({ stream: 'updater', time, record })
}

/** Warnings about what the log does not hold; none as a rule. */
export function limitsOf({ folder, catalogue, reader }: Recording): readonly string[] {
  return [
    ...reader.unread.map(describeUnread),
    ...[...catalogue.crowded].map((kind) => `${folder}: at times the kernel had no room for more contacts (${kind}): some are missing`),
    ...(catalogue.unlisted > 0 ? [`${folder}: ${catalogue.unlisted} questions and contacts found no room and are not listed`] : []),
  ]
}

function describeUnread({ file, lines, reason }: Unread): string {
  if (reason !== null) return `${reason}, which we have not written: what is there was not read`
  return `${file}: ${count(lines, 'line is no record', 'lines are no records')}, and not read: sallyport log verify finds the first`
}

/** The list in the folder of the zone files (of the base tier), else the one that comes with the program. */
export function loadSystemList({ zones }: Config, file: string | undefined): SystemList {
  const own = join(zones.kind === 'one' ? zones.folder : zones.base, 'system.list')
  const chosen = file ?? (readText(own) === undefined ? SYSTEM_LIST : own)
  const text = readText(chosen)
  if (text === undefined) throw new CommandError(`there is no file ${chosen}`)
  return parseSystemList(text, chosen)
}

/** Without zone files that can be read no tier is told. */
export async function rowContext(config: Config, systemFile: string | undefined): Promise<RowContext> {
  const load = await loadCurrent(config)
  const tiers = new Map(load.kind === 'loaded' ? load.files.map(({ file, tier }) => [file, tier]) : [])
  return { systemList: loadSystemList(config, systemFile), tierOf: (file) => tiers.get(file) }
}

/** On a terminal only, and gone with the next line. */
export function showProgress(read: number, all: number): void {
  if (process.stderr.isTTY && all > 0) process.stderr.write(`\r${Math.floor((100 * read) / all)} % of the log …\r\x1b[K`)
}
