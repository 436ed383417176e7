// By which names clients had addresses open, and have no longer: what is refused now may be what was asked for a while ago.

import type { Holder } from './lease.ts'

export interface FormerNames {
  note(holders: Iterable<Holder>): void
  /** The latest, as far as there is room. */
  holders(): Iterable<Holder>
}

const MOST_REMEMBERED = 16_384

export function createFormerNames(): FormerNames {
  // Half of the room each, and the older half goes as a whole: a Map that is emptied from its beginning looks at all that was there, every time.
  let [older, newer] = [new Map<string, Holder>(), new Map<string, Holder>()]

  function remember({ clientId, source, name, address }: Holder): void {
    const key = `${clientId} ${name} ${address}`
    older.delete(key)
    newer.set(key, { clientId, source, name, address })
    if (newer.size < MOST_REMEMBERED / 2) return
    older = newer
    newer = new Map()
  }

  return {
    note: (holders) => {
      for (const holder of holders) remember(holder)
    },
    holders: function* () {
      yield* older.values()
      yield* newer.values()
    },
  }
}
