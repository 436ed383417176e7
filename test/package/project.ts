import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly files: string[]
}

const NOT_COPIED = new Set(['node_modules', 'dist', '.git'])

/** The project as a clone has it: nothing installed, nothing built. */
export function copyProject(folder: string): void {
  cpSync(ROOT, folder, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) })
}

/** A folder for PATH that holds these programs and nothing else. */
export function makePath(folder: string, programs: readonly string[]): string {
  mkdirSync(folder)
  for (const program of programs) symlinkSync(locate(program), join(folder, program))
  return folder
}

/** Where the machine has it, not this project: node_modules has a Node.js of its own. */
export function locate(program: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const found = [...folders, '/usr/sbin', '/sbin'].map((folder) => join(folder, program)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`there is no ${program} on this machine`)
  return realpathSync(found)
}
