// `sallyport run --ask`: questions on the terminal, and the zone file that an answer is written to.

import { existsSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Refused } from '../sandbox/account.ts'
import type { Zone } from '../sandbox/asker.ts'
import type { Terminal } from '../sandbox/terminal.ts'
import { CommandError } from './context.ts'
import { allowInFile, appFile } from './edit.ts'

export interface Questions {
  readonly terminal: Terminal
  /** The command's standard streams: those that are a terminal are its own one. */
  readonly stdio: readonly [number | 'inherit', number | 'inherit', number | 'inherit']
  onRefused(refused: Refused): void
  /** From now on there is somebody to allow things. */
  answerTo(sandbox: { allow(destination: string): void }): void
}

/** Throws StartError. */
export async function openQuestions(config: Config, owner: number | undefined): Promise<Questions> {
  const [{ openTerminal }, { createAsker }] = await Promise.all([import('../sandbox/terminal.ts'), import('../sandbox/asker.ts')])
  const terminal = openTerminal(owner)
  let allow = (_destination: string): void => {}
  const asker = createAsker({ ask: terminal.ask, allow: (destination) => allow(destination), zone: zoneOf(config) })
  const streamFor = (isTerminal: boolean) => (isTerminal ? terminal.slave : 'inherit')
  return {
    terminal,
    stdio: [terminal.slave, streamFor(process.stdout.isTTY), streamFor(process.stderr.isTTY)],
    onRefused: asker.take,
    answerTo: (sandbox) => {
      allow = sandbox.allow
    },
  }
}

function zoneOf(config: Config): Zone | undefined {
  const file = appFile(config)
  if (!existsSync(dirname(file))) return undefined
  return {
    file: relative(process.cwd(), file),
    allow: (destination) => {
      try {
        allowInFile(file, config, destination)
        return undefined
      } catch (error) {
        if (error instanceof CommandError) return error.message
        throw error
      }
    },
  }
}
