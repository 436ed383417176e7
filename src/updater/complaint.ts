// What goes wrong may go wrong a thousand times a second: it is logged at once, and then once a minute with how often it was.

import type { Logger } from '../log.ts'

/** `about` tells one matter from another: what, and whose. */
export type Complain = (about: string, fields: Readonly<Record<string, unknown>>, text: string) => void

const SILENCE_MS = 60_000
/** So many matters at a time; while there are more, they are told together. */
const MOST_MATTERS = 256

interface Matter {
  readonly since: number
  untold: number
}

export function createComplaints(log: Logger, now: () => number): Complain {
  const matters = new Map<string, Matter>()

  function forgetOld(): void {
    for (const [about, { since }] of matters) if (now() - since >= SILENCE_MS) matters.delete(about)
  }

  return (about, fields, text) => {
    const key = matters.has(about) || matters.size < MOST_MATTERS ? about : 'others'
    const matter = matters.get(key)
    if (matter !== undefined && now() - matter.since < SILENCE_MS) {
      matter.untold++
      return
    }
    if (matters.size >= MOST_MATTERS) forgetOld()
    matters.set(key, { since: now(), untold: 0 })
    log.warn({ ...fields, ...(matter === undefined || matter.untold === 0 ? {} : { moreSince: matter.untold }) }, text)
  }
}
