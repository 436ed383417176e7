// What comes with the program beside its code. The same places in a clone and in the package.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

function inPackage(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

export const MANIFEST = inPackage('package.json')
export const PRESET_FOLDER = inPackage('zones/preset')
/** What editors check sallyport.yaml with. */
export const SETTINGS_SCHEMA = inPackage('src/config/sallyport.schema.json')
/** Destinations that machines contact by themselves. */
export const SYSTEM_LIST = inPackage('zones/system.list')

export function version(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { readonly version: string }).version
}
