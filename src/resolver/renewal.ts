// Names asked again in the background, because clients use them and what DNS said last is over. Whoever's names are slow or fail takes
// nothing from others: each client has its own few places, and they have their turns one after the other.

import { TYPE } from '../dns/vocabulary.ts'
import type { Asker } from './asker.ts'
import type { Question } from './ports.ts'

export interface Renewal {
  /** Asks as the client would have, once however often it is named meanwhile. False: there is no room, and it is to be named again as long as it is used. */
  add(asker: Asker, name: Question['name'], family: 4 | 6): boolean
}

interface Queue {
  /** By source and question: what waits, the longest first. */
  readonly waiting: Map<string, () => Promise<unknown>>
  readonly underWay: Set<string>
}

/** So that clients' own questions find upstream free. */
export const AT_A_TIME = { ofAll: 64, ofClient: 4 } as const
export const MOST_WAITING = { ofAll: 8192, ofClient: 512 } as const

export function createRenewal(resolve: (question: Question, asker: Asker) => Promise<unknown>): Renewal {
  /** By payer: whoever may choose among addresses has no more places for it. Whose turn is next comes first. */
  const queues = new Map<string, Queue>()
  let waitingCount = 0
  let underWayCount = 0

  function add(asker: Asker, name: Question['name'], family: 4 | 6): boolean {
    const { payer } = asker.client
    const queue = queues.get(payer) ?? { waiting: new Map(), underWay: new Set() }
    const key = `${asker.source} ${name} ${family}`
    if (queue.waiting.has(key) || queue.underWay.has(key)) return true
    if (waitingCount >= MOST_WAITING.ofAll || queue.waiting.size >= MOST_WAITING.ofClient) return false
    const question = { name, type: family === 4 ? TYPE.A : TYPE.AAAA, dnssecOk: false }
    queue.waiting.set(key, () => resolve(question, asker))
    waitingCount++
    queues.set(payer, queue)
    work()
    return true
  }

  function work(): void {
    while (underWayCount < AT_A_TIME.ofAll && beginNext());
  }

  /** False: nobody has both something that waits and a place. */
  function beginNext(): boolean {
    for (const [payer, queue] of queues) {
      if (queue.underWay.size >= AT_A_TIME.ofClient) continue
      const [next] = queue.waiting
      if (next === undefined) continue
      queues.delete(payer)
      queues.set(payer, queue)
      begin(payer, queue, ...next)
      return true
    }
    return false
  }

  function begin(payer: string, queue: Queue, key: string, ask: () => Promise<unknown>): void {
    queue.waiting.delete(key)
    queue.underWay.add(key)
    waitingCount--
    underWayCount++
    void ask().finally(() => {
      queue.underWay.delete(key)
      underWayCount--
      if (queue.waiting.size + queue.underWay.size === 0) queues.delete(payer)
      work()
    })
  }

  return { add }
}
