/** Those who wait for a new policy, or for the updater to confirm one. */
export interface Waiters {
  /** Resolves at the next `wake`, or when the time is over. */
  wait(timeoutMs: number): Promise<void>
  wake(): void
}

export function createWaiters(): Waiters {
  const waiting = new Set<() => void>()

  function wait(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = (): void => {
      clearTimeout(timer)
      waiting.delete(end)
      resolve()
    }
    const timer = setTimeout(end, timeoutMs)
    waiting.add(end)
    return promise
  }

  return {
    wait,
    wake: () => {
      for (const end of waiting) end()
    },
  }
}
