// How many lines one client may cause. Whoever asks for ever new names, or has one name lead to thousands of addresses, would otherwise fill
// the log's disk, and push out of the decision log what it says of everybody.

export interface Allowance {
  /** `spent`: this one is too many, the first in its minute; whoever asks says so, once, in place of it. */
  take(client: string): 'granted' | 'spent' | 'refused'
}

const MINUTE_MS = 60_000
/** A minute: more than anybody reads. */
export const MOST_LINES = 300
/** Sources may be forged: those beyond have one allowance together. */
const MOST_CLIENTS = 4096
/** No client is called so. */
const OTHERS = '(others)'

export function createAllowance(now: () => number): Allowance {
  const taken = new Map<string, number>()
  let since = now()

  return {
    take(client) {
      if (now() - since >= MINUTE_MS) {
        taken.clear()
        since = now()
      }
      const key = taken.has(client) || taken.size < MOST_CLIENTS ? client : OTHERS
      const count = (taken.get(key) ?? 0) + 1
      taken.set(key, count)
      if (count <= MOST_LINES) return 'granted'
      return count === MOST_LINES + 1 ? 'spent' : 'refused'
    },
  }
}
