// By which names clients had addresses open, and have no longer: what is refused now may be what was asked for a while ago.

import type { Holder } from './lease.ts'

export interface FormerNames {
  note(holders: Iterable<Holder>): void
  /** The latest, as far as there is room. */
  holders(): Iterable<Holder>
}

const MOST_REMEMBERED = 16_384

export function createFormerNames(): FormerNames {
  const known = new Map<string, Holder>()

  function remember({ clientId, source, name, address }: Holder): void {
    const key = `${clientId} ${name} ${address}`
    known.delete(key)
    known.set(key, { clientId, source, name, address })
    if (known.size > MOST_REMEMBERED) known.delete(known.keys().next().value!)
  }

  return {
    note: (holders) => {
      for (const holder of holders) remember(holder)
    },
    holders: () => known.values(),
  }
}
