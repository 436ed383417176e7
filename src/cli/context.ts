// What every command needs of the settings and of the terminal.

import type { Config } from '../config/config.ts'
import { readEnvironment } from '../config/environment.ts'
import { type Override, readConfig } from '../config/read.ts'
import { createLog, type Logger } from '../log.ts'

export interface GlobalOptions {
  readonly config?: string
  readonly zones?: string
}

export const EXIT = { yes: 0, no: 1, usage: 2 } as const

export function loadConfig({ config, zones }: GlobalOptions): Config {
  const overrides: readonly Override[] = zones === undefined ? [] : [{ flag: '--zones', path: ['zones'], value: zones }]
  return readConfig({ file: config, overrides, environment: readEnvironment() })
}

/** The same settings for a child process. */
export function parametersOf({ config, zones }: GlobalOptions): readonly string[] {
  return [...(config === undefined ? [] : ['--config', config]), ...(zones === undefined ? [] : ['--zones', zones])]
}

export function logFor(config: Config, part: string): Logger {
  return createLog({ ...config.log, part })
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** The machine form of an answer. A change of meaning raises the version. */
export function printJson(value: object): void {
  print(JSON.stringify({ version: 1, ...value }, undefined, 2))
}
