// The parts of `up` begin to load before there are settings to give them: to read those takes as long as to load a part.
// Until they are taken they wait with nothing open, and end with this process.

import type { ChildProcess } from 'node:child_process'
import { gainsNoPrivileges } from '../linux/no-new-privileges.ts'
import { startProcess } from './child.ts'
import { programOf } from './command.ts'
import type { Part } from './identity.ts'

export interface HeadStart {
  /** A part that waits for its orders, or has ended while it did. To be asked once for each. */
  take(part: Part): ChildProcess
  /** Ends those that nobody has taken. */
  endRest(): void
}

/** In the order in which they are needed. */
export const PARTS: readonly Part[] = ['updater', 'resolver']

/** What is started from now on gains no privileges, as bin/sallyport has seen to where it can. Throws SystemError. */
export async function giveHeadStart(): Promise<HeadStart> {
  if (!gainsNoPrivileges()) (await import('../linux/privilege.ts')).setNoNewPrivileges()
  const waiting = new Map(PARTS.map((part) => [part, startProcess(programOf(part))]))
  // Whoever takes it hears of that by its exit code.
  for (const part of waiting.values()) part.on('error', () => {})

  function take(part: Part): ChildProcess {
    const taken = waiting.get(part)!
    waiting.delete(part)
    return taken
  }

  function endRest(): void {
    for (const part of waiting.values()) part.kill()
    waiting.clear()
  }

  process.once('exit', endRest)
  return { take, endRest }
}
