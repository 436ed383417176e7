/** Lets in so many at a time, in all and for each key. */
export interface Gate {
  /** False: full, nothing has been counted. */
  enter(key: string): boolean
  leave(key: string): void
  readonly size: number
}

export interface GateLimits {
  readonly mostInAll: number
  readonly mostPerClient: number
}

export function createGate({ mostInAll, mostPerClient }: GateLimits): Gate {
  const counts = new Map<string, number>()
  let size = 0

  return {
    enter: (key) => {
      const count = counts.get(key) ?? 0
      if (size >= mostInAll || count >= mostPerClient) return false
      counts.set(key, count + 1)
      size++
      return true
    },
    leave: (key) => {
      const count = counts.get(key) ?? 0
      if (count > 1) counts.set(key, count - 1)
      else counts.delete(key)
      size--
    },
    get size() {
      return size
    },
  }
}
