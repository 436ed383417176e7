// What is counted of each client that has a name: those who have none could be as many as there are addresses.

/** So many are told apart in one metric. */
export const MOST_APART = 1_000
/** All beyond them. No client is called so. */
export const OTHERS = '(other)'

export interface PerClient<T> {
  /** The counts of a client, made when first asked for; those of all others where so many have some already. */
  of(name: string): T
  /** These clients there are, and no others: who has gone is forgotten, who has come begins at nothing. */
  settle(names: readonly string[]): void
  entries(): Iterable<readonly [name: string, counts: T]>
}

export function createPerClient<T>(create: () => T): PerClient<T> {
  const known = new Map<string, T>()

  function of(name: string): T {
    const own = known.get(name)
    if (own !== undefined) return own
    const apart = known.size - Number(known.has(OTHERS))
    const key = apart < MOST_APART || name === OTHERS ? name : OTHERS
    const counts = known.get(key) ?? create()
    known.set(key, counts)
    return counts
  }

  function settle(names: readonly string[]): void {
    const kept = new Set(names).add(OTHERS)
    for (const name of known.keys()) if (!kept.has(name)) known.delete(name)
    for (const name of names) of(name)
  }

  return { of, settle, entries: () => known.entries() }
}
