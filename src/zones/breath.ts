import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longer than this, long work does not keep answers waiting. */
const LONGEST_MS = 2

/** For long work in small steps: `await` it after each, and whoever else waits in this process goes first when a few milliseconds are over. */
export function createBreath(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < LONGEST_MS) return
    await nextTurn()
    since = performance.now()
  }
}
