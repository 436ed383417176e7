import { setTimeout as pause } from 'node:timers/promises'

/** Looks again every few milliseconds until `look` gives something else than undefined or false; throws with `what` when the time is over. For what tells no event. */
export async function eventually<T>(what: string, look: () => Promise<T> | T, timeoutMs = 5_000): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await pause(10)
  }
}
