// What the command may read but not write: whatever decides over it, and the program itself.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { packagePath } from '../place.ts'

const PROGRAM_PARTS = ['bin', 'src', 'dist', 'node_modules', 'package.json']

/** Zone files, also where links lead, settings, the decision log, this program and the Node.js that runs it. */
export function guardedPlaces({ file, zones, journal }: Config): readonly string[] {
  const folders = zones.kind === 'one' ? [zones.folder] : [zones.base, zones.app]
  const places = [
    ...folders,
    ...folders.flatMap(linkedFiles),
    ...(file === undefined ? [] : [file]),
    journal.folder,
    ...PROGRAM_PARTS.map(packagePath),
    process.execPath,
  ]
  return [...new Set(places.filter((place) => existsSync(place)).map((place) => realpathSync(place)))]
}

function linkedFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && dirname(realpathSync(path)) !== realpathSync(folder))
}
