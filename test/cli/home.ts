import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type CliOutcome, PROGRAM } from '../support/sallyport.ts'
import { createFolder } from '../support/world.ts'

/** A folder with settings and zone files, and the real program run in it. */
export interface Home {
  readonly folder: string
  run(...words: readonly string[]): CliOutcome
  read(file: string): string
  write(file: string, text: string | Buffer): void
}

export interface HomeOptions {
  /** sallyport.yaml, as values. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Text by file name, below `zones`. */
  readonly zones?: Readonly<Record<string, string>>
}

export function makeHome(context: TestContext, { settings, zones = {} }: HomeOptions = {}): Home {
  const folder = createFolder()
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (file: string): string => join(folder, file)
  mkdirSync(path('zones'))
  for (const [file, text] of Object.entries(zones)) writeFileSync(path(`zones/${file}`), text)
  // JSON is YAML.
  writeFileSync(path('sallyport.yaml'), JSON.stringify({ state: './state', ...settings }, undefined, 2))
  return {
    folder,
    run: (...words) => spawnSync(PROGRAM, words, { cwd: folder, encoding: 'utf8', timeout: 60_000 }),
    read: (file) => readFileSync(path(file), 'utf8'),
    write: (file, text) => writeFileSync(path(file), text),
  }
}
