const BUCKET_MS = 1000

/** Things that become due, one bucket a second: scheduling and collecting cost the same however many wait. */
export interface Wheel<Thing> {
  schedule(thing: Thing, at: number): void
  /** Takes out what is due at `now`, so many at a time; at most a second late. */
  due(now: number, most?: number): readonly Thing[]
}

export function createWheel<Thing>(now: number): Wheel<Thing> {
  const buckets = new Map<number, Thing[]>()
  let next = Math.floor(now / BUCKET_MS)

  function schedule(thing: Thing, at: number): void {
    const second = Math.max(next, Math.ceil(at / BUCKET_MS))
    const bucket = buckets.get(second)
    if (bucket === undefined) buckets.set(second, [thing])
    else bucket.push(thing)
  }

  function due(moment: number, most = Number.POSITIVE_INFINITY): readonly Thing[] {
    const things: Thing[] = []
    for (; next <= moment / BUCKET_MS && things.length < most; next++) {
      const bucket = buckets.get(next) ?? []
      for (const thing of bucket.splice(0, most - things.length)) things.push(thing)
      if (bucket.length > 0) break
      buckets.delete(next)
    }
    return things
  }

  return { schedule, due }
}
