// What comes with the program beside its code. The same places in a clone and in the package.

import { readFileSync } from 'node:fs'
import { packagePath } from '../place.ts'

export const MANIFEST = packagePath('package.json')
export const PRESET_FOLDER = packagePath('zones/preset')
/** What editors check sallyport.yaml with. */
export const SETTINGS_SCHEMA = packagePath('src/config/sallyport.schema.json')
/** Destinations that machines contact by themselves. */
export const SYSTEM_LIST = packagePath('zones/system.list')

export function version(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { readonly version: string }).version
}
