import { NONE } from './flat-table.ts'

const BUCKET_MS = 1000
/** No second. */
const NEVER = -1

/** Small numbers that become due, one bucket a second: scheduling, cancelling and collecting cost the same however many wait. */
export interface Wheel {
  /** At another moment than before, if it was scheduled. */
  schedule(row: number, at: number): void
  cancel(row: number): void
  /** Takes out what is due at `now`, so many at a time; at most a second late. */
  due(now: number, most?: number): readonly number[]
}

export function createWheel(now: number): Wheel {
  /** The first row of each bucket. */
  const heads = new Map<number, number>()
  /** By row: the second in whose bucket it is, and its neighbours there. What is cancelled leaves nothing behind, however far off it was. */
  const seconds: number[] = []
  const after: number[] = []
  const before: number[] = []
  let next = Math.floor(now / BUCKET_MS)

  function schedule(row: number, at: number): void {
    cancel(row)
    const second = Math.max(next, Math.ceil(at / BUCKET_MS))
    const head = heads.get(second) ?? NONE
    if (head !== NONE) before[head] = row
    seconds[row] = second
    before[row] = NONE
    after[row] = head
    heads.set(second, row)
  }

  function cancel(row: number): void {
    const second = seconds[row] ?? NEVER
    if (second === NEVER) return
    seconds[row] = NEVER
    const [previous, following] = [before[row]!, after[row]!]
    if (following !== NONE) before[following] = previous
    if (previous !== NONE) after[previous] = following
    else if (following !== NONE) heads.set(second, following)
    else heads.delete(second)
  }

  function due(moment: number, most = Number.POSITIVE_INFINITY): readonly number[] {
    const rows: number[] = []
    while (next <= moment / BUCKET_MS && rows.length < most) {
      const row = heads.get(next)
      if (row === undefined) next++
      else {
        cancel(row)
        rows.push(row)
      }
    }
    return rows
  }

  return { schedule, cancel, due }
}
