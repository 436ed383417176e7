/** Lets in so many at a time, in all, for each key and for each crowd. */
export interface Gate {
  /** `crowd`: keys in it may all be one client's, and have three shares together. False: full, nothing has been counted. */
  enter(key: string, crowd?: string): boolean
  leave(key: string, crowd?: string): void
  readonly size: number
}

export interface GateLimits {
  readonly mostInAll: number
  readonly mostPerClient: number
}

/** A link asks at three addresses at most: IPv4, IPv6 and link-local. So with the usual limits who has no name there leaves a tenth to others. */
const SHARES_OF_A_CROWD = 3

export function createGate({ mostInAll, mostPerClient }: GateLimits): Gate {
  const keys = createCounts()
  const crowds = createCounts()
  let size = 0

  return {
    enter: (key, crowd) => {
      if (size >= mostInAll || keys.of(key) >= mostPerClient) return false
      if (crowd !== undefined) {
        if (crowds.of(crowd) >= SHARES_OF_A_CROWD * mostPerClient) return false
        crowds.raise(crowd)
      }
      keys.raise(key)
      size++
      return true
    },
    leave: (key, crowd) => {
      if (crowd !== undefined) crowds.lower(crowd)
      keys.lower(key)
      size--
    },
    get size() {
      return size
    },
  }
}

/** How many there are of each; of those that are not there, nothing is kept. */
function createCounts() {
  const counts = new Map<string, number>()
  return {
    of: (key: string) => counts.get(key) ?? 0,
    raise: (key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1),
    lower: (key: string) => {
      const count = counts.get(key) ?? 0
      if (count > 1) counts.set(key, count - 1)
      else counts.delete(key)
    },
  }
}
