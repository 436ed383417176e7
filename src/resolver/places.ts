// How much may be under way at once: of all, and of each client, so that none takes what others need.

export interface Places {
  /** False: there is none free for the client. Whoever has taken one frees it. */
  take(client: string): boolean
  free(client: string): void
}

export function createPlaces(most: { readonly ofAll: number; readonly ofClient: number }): Places {
  const taken = new Map<string, number>()
  let count = 0

  function take(client: string): boolean {
    const own = taken.get(client) ?? 0
    if (count >= most.ofAll || own >= most.ofClient) return false
    taken.set(client, own + 1)
    count++
    return true
  }

  function free(client: string): void {
    const own = taken.get(client)! - 1
    if (own === 0) taken.delete(client)
    else taken.set(client, own)
    count--
  }

  return { take, free }
}
