import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Steps } from '../policy/steps.ts'

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

/** The result of long work that is written as steps. */
export async function runBreathing<Result>(steps: Steps<Result>): Promise<Result> {
  const breathe = createBreath()
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await breathe()
  }
}
