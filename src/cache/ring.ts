// Bounded memory for whatever is kept: SIEVE (Zhang et al., NSDI 2024). A hit sets a flag and moves nothing; what came last and was
// never asked for again goes before what was, so a flood of names seen once does not wash out those in use.

/** Something kept, until the ring needs its room: then `evict` is called, and must make it unreachable. */
export abstract class Kept {
  /** Set on every hit. */
  visited = false
  octets = 0
  newer: Kept | undefined = undefined
  older: Kept | undefined = undefined
  abstract evict(): void
}

export interface Ring {
  /** Adds something newly kept. Evicts others until it fits. */
  add(kept: Kept, octets: number): void
  /** What is kept has grown, or shrunk if negative. It may be evicted by its own growth. */
  grow(kept: Kept, octets: number): void
  /** Takes something out without calling its `evict`. Nothing happens if it is out already. */
  remove(kept: Kept): void
  readonly octets: number
  readonly size: number
}

/** Each step costs O(1), eviction amortised. */
export function createRing(mostOctets: number): Ring {
  let newest: Kept | undefined
  let oldest: Kept | undefined
  let hand: Kept | undefined
  let octets = 0
  let size = 0

  function add(kept: Kept, itsOctets: number): void {
    kept.octets = itsOctets
    kept.older = newest
    if (newest === undefined) oldest = kept
    else newest.newer = kept
    newest = kept
    octets += itsOctets
    size++
    evictUntilFit()
  }

  function isIn(kept: Kept): boolean {
    return kept === oldest || kept.older !== undefined
  }

  function grow(kept: Kept, by: number): void {
    if (!isIn(kept)) return
    kept.octets += by
    octets += by
    evictUntilFit()
  }

  function remove(kept: Kept): void {
    if (!isIn(kept)) return
    if (hand === kept) hand = kept.newer
    if (kept.newer === undefined) newest = kept.older
    else kept.newer.older = kept.older
    if (kept.older === undefined) oldest = kept.newer
    else kept.older.newer = kept.newer
    kept.newer = undefined
    kept.older = undefined
    octets -= kept.octets
    size--
  }

  /** The hand goes from old to new, and from there to the oldest again; it spares, once, what has been visited. */
  function evictUntilFit(): void {
    while (octets > mostOctets) {
      const kept = hand ?? oldest
      if (kept === undefined) return
      hand = kept.newer
      if (kept.visited) {
        kept.visited = false
      } else {
        remove(kept)
        kept.evict()
      }
    }
  }

  return {
    add,
    grow,
    remove,
    get octets() {
      return octets
    },
    get size() {
      return size
    },
  }
}
