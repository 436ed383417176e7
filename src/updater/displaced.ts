// Leases that made room for others count against the limit of whoever had them for a while, as those do that nobody displaces: whoever's names
// lead to ever other addresses opens no more of them for that, keeps the kernel no busier, and fills the decision log no faster.

export interface Displaced {
  add(payer: string, now: number): void
  /** How many leases of a payer were displaced lately: in the last minute, and at most two. */
  countOf(payer: string, now: number): number
}

/** The shortest lease lasts two minutes, with the usual settings. */
const SPAN_MS = 60_000

export function createDisplaced(): Displaced {
  let [earlier, latest] = [new Map<string, number>(), new Map<string, number>()]
  let since = Number.NEGATIVE_INFINITY

  function turn(now: number): void {
    if (now - since < SPAN_MS) return
    earlier = now - since < 2 * SPAN_MS ? latest : new Map()
    latest = new Map()
    since = now
  }

  return {
    add(payer, now) {
      turn(now)
      latest.set(payer, (latest.get(payer) ?? 0) + 1)
    },
    countOf(payer, now) {
      turn(now)
      return (latest.get(payer) ?? 0) + (earlier.get(payer) ?? 0)
    },
  }
}
