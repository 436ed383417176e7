// What the command may read but not write: whatever decides over it, and the program itself.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config, ZoneSetting } from '../config/config.ts'
import { CONFIG_FILE } from '../config/read.ts'
import { packagePath } from '../place.ts'

const PROGRAM_PARTS = ['bin', 'src', 'dist', 'node_modules', 'package.json']

/** Zone files, also where links lead, settings, the decision log, state, this program and the Node.js that runs it. */
export function guardedPlaces({ file, zones, journal, state }: Config): readonly string[] {
  const folders = foldersOf(zones)
  const places = [
    ...folders,
    ...folders.flatMap(linkedFiles),
    ...(file === undefined ? [] : [file]),
    journal.folder,
    state,
    ...PROGRAM_PARTS.map(packagePath),
    process.execPath,
  ]
  return [...new Set(places.filter((place) => existsSync(place)).map((place) => realpathSync(place)))]
}

/**
 * What is not there cannot be guarded, and folders above can be moved away: the returned function names what the next run from here
 * would read, and what is not the same file or folder as now.
 */
export function rememberPlaces({ file, zones }: Config, workingFolder: string): () => readonly string[] {
  const places = new Set([join(workingFolder, CONFIG_FILE), ...(file === undefined ? [] : [file]), ...foldersOf(zones)])
  const before = new Map([...places].map((place) => [place, identityOf(place)]))
  return () => [...before].filter(([place, identity]) => identityOf(place) !== identity).map(([place]) => place)
}

function identityOf(place: string): string | undefined {
  const found = statSync(place, { throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

function foldersOf(zones: ZoneSetting): readonly string[] {
  return zones.kind === 'one' ? [zones.folder] : [zones.base, zones.app]
}

function linkedFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && dirname(realpathSync(path)) !== realpathSync(folder))
}
