// Names asked again in the background, because clients use them and what DNS said last is over.

import { TYPE } from '../dns/vocabulary.ts'
import type { Asker } from './asker.ts'
import type { Question } from './ports.ts'

export interface Renewal {
  /** Asks as the client would have; whatever finds no room is left out, and named again as long as it is used. */
  add(asker: Asker, name: Question['name'], family: 4 | 6): void
}

/** So many at a time, so that clients' own questions find upstream free. */
const AT_A_TIME = 16
const MOST_WAITING = 8192

export function createRenewal(resolve: (question: Question, asker: Asker) => Promise<unknown>): Renewal {
  const waiting: (() => Promise<unknown>)[] = []
  let underWay = 0

  function work(): void {
    const next = waiting.shift()
    if (next === undefined) return
    underWay++
    void next().finally(() => {
      underWay--
      work()
    })
  }

  return {
    add: (asker, name, family) => {
      if (waiting.length >= MOST_WAITING) return
      const question = { name, type: family === 4 ? TYPE.A : TYPE.AAAA, dnssecOk: false, checkingDisabled: false }
      waiting.push(() => resolve(question, asker))
      if (underWay < AT_A_TIME) work()
    },
  }
}
