// Zone files that come with the program, one for each service that sandboxes need.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ZONE_SUFFIX } from '../zones/load.ts'
import { PRESET_FOLDER } from './place.ts'

export interface Preset {
  /** "docker-hub". */
  readonly name: string
  readonly text: string
}

export function presetNames(): readonly string[] {
  return readdirSync(PRESET_FOLDER)
    .filter((file) => file.endsWith(ZONE_SUFFIX))
    .map((file) => file.slice(0, -ZONE_SUFFIX.length))
    .sort()
}

export function readPreset(name: string): Preset {
  return { name, text: readFileSync(join(PRESET_FOLDER, `${name}${ZONE_SUFFIX}`), 'utf8') }
}
