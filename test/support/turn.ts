import { setTimeout as pause } from 'node:timers/promises'

/** In milliseconds of the thread's own processor time: what else the machine does meanwhile is not its to answer for. */
export interface Turns {
  readonly longestMs: number
  readonly togetherMs: number
}

/** Watches the turns of this thread's event loop, in each of which nobody else is heard. Call what it returns to end the watch. */
export function watchTurns(): () => Promise<Turns> {
  const begun = processorMs()
  let longestMs = 0
  let last = begun
  const beat = setInterval(() => {
    const now = processorMs()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }, 1)
  return async () => {
    // The turn that ends the watch counts too.
    await pause(5)
    clearInterval(beat)
    return { longestMs, togetherMs: last - begun }
  }
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
