// The program as whoever installs the package has it: built, and its own, so that what is compiled is kept.
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../support/namespace.ts'
import type { Place } from './place.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Returns the path of the command. */
export function installFor(place: Place, uid: number): string {
  const folder = place.makeFolder('program')
  runCommand(['npm', '--prefix', ROOT, 'run', '--silent', 'bundle', '--', `--outdir=${join(folder, 'dist')}`])
  for (const part of ['bin', 'zones', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  const libraries = join(folder, 'node_modules')
  mkdirSync(libraries)
  for (const library of readdirSync(join(ROOT, 'node_modules'))) {
    if (library === '.bin' || !library.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', library), join(libraries, library))
  }
  runCommand(['chown', '--recursive', '--no-dereference', `${uid}:${uid}`, folder])
  return join(folder, 'bin/sallyport')
}
