// A firewall that tells when the kernel takes long: others may keep it busy with transactions of their own, and ours wait for theirs.

import type { Firewall } from './firewall.ts'
import type { ElementSpec, ElementWrite } from './lease.ts'

/** What took long, and whom it kept waiting. */
export interface SlowWrite {
  readonly what: 'open' | 'close' | 'policy' | 'table'
  readonly milliseconds: number
  readonly elements: number
  /** Of the first element. */
  readonly client: string | undefined
  readonly name: string | undefined
}

/** An eighth of what a query waits for. */
const SLOW_MS = 250

export function timeWrites(firewall: Firewall, onSlow: (slow: SlowWrite) => void): Firewall {
  function timed<T>(what: SlowWrite['what'], elements: number, first: ElementSpec | undefined, name: string | undefined, act: () => T): T {
    const start = performance.now()
    try {
      return act()
    } finally {
      const milliseconds = Math.round(performance.now() - start)
      if (milliseconds >= SLOW_MS) onSlow({ what, milliseconds, elements, client: first?.lease.client, name })
    }
  }

  function timedPut<T>(what: SlowWrite['what'], put: readonly ElementWrite[], act: () => T): T {
    return timed(what, put.length, put[0]?.spec, put[0]?.comment, act)
  }

  return {
    ...firewall,
    write: (writes, now) => timedPut('open', writes, () => firewall.write(writes, now)),
    drop: (ended, now) => timed('close', ended.length, ended[0], undefined, () => firewall.drop(ended, now)),
    apply: (orders, change, wall, now) => timedPut('policy', change.put, () => firewall.apply(orders, change, wall, now)),
    synchronise: (orders, elements, wall, now) =>
      timed('table', elements.length, undefined, undefined, () => firewall.synchronise(orders, elements, wall, now)),
  }
}
