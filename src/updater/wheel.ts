const BUCKET_MS = 1000
/** No second. */
const NEVER = -1

/** Small numbers that become due, one bucket a second: scheduling and collecting cost the same however many wait. */
export interface Wheel {
  /** At another moment than before, if it was scheduled. */
  schedule(row: number, at: number): void
  cancel(row: number): void
  /** Takes out what is due at `now`, so many at a time; at most a second late. */
  due(now: number, most?: number): readonly number[]
}

export function createWheel(now: number): Wheel {
  const buckets = new Map<number, number[]>()
  /** By row, the second in whose bucket it is; what was scheduled anew or cancelled stays in its old bucket until that is due. */
  const seconds: number[] = []
  let next = Math.floor(now / BUCKET_MS)

  function schedule(row: number, at: number): void {
    const second = Math.max(next, Math.ceil(at / BUCKET_MS))
    seconds[row] = second
    const bucket = buckets.get(second)
    if (bucket === undefined) buckets.set(second, [row])
    else bucket.push(row)
  }

  function due(moment: number, most = Number.POSITIVE_INFINITY): readonly number[] {
    const rows: number[] = []
    for (; next <= moment / BUCKET_MS && rows.length < most; next++) {
      const bucket = buckets.get(next) ?? []
      for (const row of bucket.splice(0, most - rows.length)) if (take(row)) rows.push(row)
      if (bucket.length > 0) break
      buckets.delete(next)
    }
    return rows
  }

  /** False: it is not there any more. */
  function take(row: number): boolean {
    if (seconds[row] !== next) return false
    seconds[row] = NEVER
    return true
  }

  return {
    schedule,
    cancel: (row) => {
      seconds[row] = NEVER
    },
    due,
  }
}
