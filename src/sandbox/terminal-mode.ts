import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { StartError } from '../daemon/start-error.ts'

/**
 * A program of its own, for it gives the terminal back however this process ends. Where a shell has taken the terminal meanwhile, it
 * has no say any more: in the background it is refused. Raw, so that keys and what is written pass as they are; the other terminal has
 * the settings that this one had.
 */
const KEEPER = `saved=$(stty -g) && stty "$saved" <&3 && stty raw -echo -iexten && echo raw || exit 1
exec 3<&- 1>&-
read -r end <&4
stty "$saved"`

export interface RawTerminal {
  restore(): Promise<void>
}

/** Makes the one terminal raw, and gives the other the settings that it had. Throws StartError. */
export async function makeRaw(terminal: number, other: number): Promise<RawTerminal> {
  const keeper = spawn('sh', ['-c', KEEPER], { stdio: [terminal, 'pipe', 'ignore', other, 'pipe'] })
  const ended = once(keeper, 'exit')
  const isRaw = await Promise.race([once(keeper.stdout!, 'data').then(() => true), ended.then(() => false)])
  if (!isRaw) throw new StartError('cannot change the settings of the terminal: stty(1) is needed, of the package coreutils')
  return {
    restore: async () => {
      keeper.stdio[4]!.destroy()
      await ended
    },
  }
}
