// How many lines one client may cause. Whoever asks for ever new names, or has one name lead to thousands of addresses, would otherwise fill
// the log's disk, and push out of the decision log what it says of everybody.

export interface AllowanceOptions {
  /** Milliseconds that never step. */
  now(): number
  /** Of a client that was refused some, when its minute is over. */
  onLeftOut(client: string, lines: number): void
}

export interface Allowance {
  /** `spent`: this one is too many, the first in its minute; whoever asks says so, once, in place of it. */
  take(client: string): 'granted' | 'spent' | 'refused'
  /** Tells at once what was left out. */
  close(): void
}

const MINUTE_MS = 60_000
/** A minute: more than anybody reads. */
export const MOST_LINES = 300
/** Sources may be forged: those beyond have one allowance together. */
const MOST_CLIENTS = 4096
/** No client is called so. */
const OTHERS = '(others)'

export function createAllowance({ now, onLeftOut }: AllowanceOptions): Allowance {
  const taken = new Map<string, number>()
  let since = now()
  let timer: NodeJS.Timeout | undefined

  function beginMinute(): void {
    clearTimeout(timer)
    timer = undefined
    for (const [client, lines] of taken) if (lines > MOST_LINES) onLeftOut(client, lines - MOST_LINES)
    taken.clear()
    since = now()
  }

  return {
    take(client) {
      if (now() - since >= MINUTE_MS) beginMinute()
      const key = taken.has(client) || taken.size < MOST_CLIENTS ? client : OTHERS
      const count = (taken.get(key) ?? 0) + 1
      taken.set(key, count)
      if (count <= MOST_LINES) return 'granted'
      // Nobody may ask in the next minute.
      timer ??= setTimeout(beginMinute, MINUTE_MS - (now() - since)).unref()
      return count === MOST_LINES + 1 ? 'spent' : 'refused'
    },
    close: beginMinute,
  }
}
