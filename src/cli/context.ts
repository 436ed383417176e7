// What every command needs of the settings and of the terminal.

import type { Config } from '../config/config.ts'
import { readEnvironment } from '../config/environment.ts'
import { readConfig } from '../config/read.ts'
import { printable } from '../printable.ts'
import { type GlobalOptions, overridesOf } from './flag.ts'

export type { GlobalOptions } from './flag.ts'

export const EXIT = { yes: 0, no: 1, usage: 2 } as const

/** What keeps a command from an answer; the message says how to mend it. Exit code 2. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

export function loadConfig(options: GlobalOptions): Config {
  return readConfig({ file: options.config, overrides: overridesOf(options), environment: readEnvironment() })
}

export function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`)
}

/** The machine form of an answer. A change of meaning raises the version. */
export function printJson(value: object): void {
  print(JSON.stringify({ version: 1, ...value }, undefined, 2))
}

/** "1 entry", "2 entries". */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
