// One question, asked of one server after the other, each for as long as there is hope: the next is asked when the one before fails,
// or takes longer than it should (a hedged retry). The first usable answer wins; who comes too late has at least been measured.

import { type Answer, decodeAnswer } from '../dns/answer.ts'
import { WireError } from '../dns/name.ts'
import { RcodeError } from '../dns/response.ts'
import { UpstreamError } from './error.ts'
import type { Question } from './question.ts'
import { random16 } from './random.ts'
import type { Roster } from './roster.ts'
import type { Server } from './server.ts'

/** Shorter than the 5 s after which stub resolvers ask again, and enough for a server that must look far. */
const DEADLINE_MS = 4_500
const MOST_TRIES = 4
/** How long a try is waited for before the next, when that is no other server's first; up to a quarter more, so that what began together does not go on so. */
const RETRY_MS = [600, 900, 1_300, 1_700] as const
const JITTER = 0.25
/** Node keeps timers of equal length in one list and makes a list for each other length, so there are to be few lengths. */
const JITTER_STEP_MS = 16

/** An answer of an upstream: complete, matched to what was asked, and decoded. */
export interface Exchange {
  readonly answer: Answer
  readonly server: string
  readonly milliseconds: number
}

/** Rejects with UpstreamError where nobody answered, with RcodeError or WireError where that is the best that anybody said. `onEnd` is called then, once. */
export function race(roster: Roster, question: Question, onEnd: () => void): Promise<Exchange> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchange>()
  const candidates = roster.candidates()
  const deadline = performance.now() + DEADLINE_MS
  /** Who has been asked and may still answer; who was asked twice, twice. */
  const running: Server[] = []
  let failure: Error | undefined
  let hasPoorAnswer = false
  let tries = 0
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  /** Once each has said that it cannot, nobody is asked again. */
  function nextServer(): Server | undefined {
    while (tries < MOST_TRIES && !(hasPoorAnswer && tries >= candidates.length)) {
      const server = candidates[tries++ % candidates.length]
      if (server === undefined || roster.isUsable(server)) return server
    }
    return undefined
  }

  function tryNext(): void {
    clearTimeout(timer)
    const server = nextServer()
    if (server === undefined) return endIfHopeless()
    const patienceMs = tries < candidates.length ? roster.patienceMs(server) : retryMs(tries - 1)
    timer = setTimeout(() => {
      roster.isSilent(server, patienceMs)
      tryNext()
    }, patienceMs)
    attempt(server)
  }

  function attempt(server: Server): void {
    const startedAt = performance.now()
    running.push(server)
    server.exchange(question, Math.max(1, Math.ceil(deadline - startedAt)), (outcome) => {
      if (outcome instanceof Error) note(server, outcome)
      else take(server, outcome, performance.now() - startedAt)
      running.splice(running.indexOf(server), 1)
      if (!isOver) tryNext()
    })
  }

  function take(server: Server, message: Uint8Array, milliseconds: number): void {
    try {
      const answer = decodeAnswer(message, question)
      roster.hasAnswered(server, milliseconds)
      end(() => resolve({ answer, server: server.label, milliseconds }))
    } catch (error) {
      note(server, error)
    }
  }

  /** A server that cannot say (SERVFAIL, REFUSED) or talks nonsense has its word only if no other does better. */
  function note(server: Server, error: unknown): void {
    if (error instanceof UpstreamError) {
      roster.hasFailed(server)
      if (!hasPoorAnswer) failure = error
    } else if (error instanceof RcodeError || error instanceof WireError) {
      roster.wasUseless(server)
      hasPoorAnswer = true
      failure = error
    } else end(() => reject(error))
  }

  /** Nobody is left to be asked, and nobody who has been may still answer. */
  function endIfHopeless(): void {
    if (running.some(roster.isUsable)) return
    end(() => reject(failure ?? new UpstreamError('no-server', 'no upstream to ask')))
  }

  function end(settle: () => void): void {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    onEnd()
    settle()
  }

  tryNext()
  return promise
}

function retryMs(index: number): number {
  const milliseconds = RETRY_MS[index]! * (1 + (JITTER * random16()) / 65_536)
  return Math.ceil(milliseconds / JITTER_STEP_MS) * JITTER_STEP_MS
}
