const BUCKET_MS = 1000

/** Things that become due, one bucket a second: scheduling and collecting cost the same however many wait. */
export interface Wheel<Thing> {
  schedule(thing: Thing, at: number): void
  /** Takes out everything due at `now`; at most a second late. */
  due(now: number): readonly Thing[]
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

  function due(moment: number): readonly Thing[] {
    const things: Thing[] = []
    for (; next <= moment / BUCKET_MS; next++) {
      for (const thing of buckets.get(next) ?? []) things.push(thing)
      buckets.delete(next)
    }
    return things
  }

  return { schedule, due }
}
