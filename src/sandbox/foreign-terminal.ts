// Other terminals of the command's user: whoever opens one reads what is typed there, and writes what its terminal emulator obeys.

import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

const TERMINALS = '/dev/pts'

/** Those that there are at the moment, but for what is open at one of these descriptors. */
export function foreignTerminals(uid: number, own: readonly number[]): readonly string[] {
  const kept = own.map((descriptor) => readlinkSync(`/proc/self/fd/${descriptor}`))
  return terminals().filter((path) => !kept.includes(path) && statSync(path, { throwIfNoEntry: false })?.uid === uid)
}

function terminals(): readonly string[] {
  try {
    return readdirSync(TERMINALS)
      .filter((name) => /^\d+$/.test(name))
      .map((name) => join(TERMINALS, name))
  } catch {
    return []
  }
}
