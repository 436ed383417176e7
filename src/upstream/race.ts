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
  return new Promise((resolve, reject) => {
    new Race(roster, question, { onEnd, resolve, reject }).tryNext()
  })
}

interface Outlet {
  onEnd(): void
  resolve(exchange: Exchange): void
  reject(error: unknown): void
}

/** A class, because a closure for each step would be made anew for every new name (`npm run bench`, "new names"). */
class Race {
  readonly #roster: Roster
  readonly #question: Question
  readonly #outlet: Outlet
  readonly #candidates: readonly Server[]
  readonly #deadline = performance.now() + DEADLINE_MS
  /** Who has been asked and may still answer; who was asked twice, twice. */
  #running: readonly Server[] = []
  #failure: unknown
  #hasPoorAnswer = false
  #tries = 0
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(roster: Roster, question: Question, outlet: Outlet) {
    this.#roster = roster
    this.#question = question
    this.#outlet = outlet
    this.#candidates = roster.candidates()
  }

  tryNext(): void {
    clearTimeout(this.#timer)
    const server = this.#nextServer()
    if (server === undefined) return this.#endIfHopeless()
    const patienceMs = this.#tries < this.#candidates.length ? this.#roster.patienceMs(server) : retryMs(this.#tries - 1)
    this.#timer = setTimeout(() => {
      this.#roster.isSilent(server, patienceMs)
      this.tryNext()
    }, patienceMs)
    this.#attempt(server)
  }

  /** Once each has said that it cannot, nobody is asked again. */
  #nextServer(): Server | undefined {
    const candidates = this.#candidates
    while (this.#tries < MOST_TRIES && !(this.#hasPoorAnswer && this.#tries >= candidates.length)) {
      const server = candidates[this.#tries++ % candidates.length]
      if (server === undefined || this.#roster.isUsable(server)) return server
    }
    return undefined
  }

  #attempt(server: Server): void {
    const startedAt = performance.now()
    // Mostly it is one: a list that has grown from none takes room for sixteen more.
    this.#running = this.#running.length === 0 ? [server] : [...this.#running, server]
    server.exchange(this.#question, Math.max(1, Math.ceil(this.#deadline - startedAt)), (outcome) => {
      if (outcome instanceof Error) this.#note(server, outcome)
      else this.#take(server, outcome, performance.now() - startedAt)
      this.#running = this.#running.toSpliced(this.#running.indexOf(server), 1)
      if (!this.#isOver) this.tryNext()
    })
  }

  #take(server: Server, message: Uint8Array, milliseconds: number): void {
    try {
      const answer = decodeAnswer(message, this.#question)
      this.#roster.hasAnswered(server, milliseconds)
      if (this.#end()) this.#outlet.resolve({ answer, server: server.label, milliseconds })
    } catch (error) {
      this.#note(server, error)
    }
  }

  /** A server that cannot say (SERVFAIL, REFUSED) or talks nonsense has its word only if no other does better. */
  #note(server: Server, error: unknown): void {
    if (error instanceof UpstreamError) {
      this.#roster.hasFailed(server)
      if (!this.#hasPoorAnswer) this.#failure = error
    } else if (error instanceof RcodeError || error instanceof WireError) {
      this.#roster.wasUseless(server)
      this.#hasPoorAnswer = true
      this.#failure = error
    } else if (this.#end()) this.#outlet.reject(error)
  }

  /** Nobody is left to be asked, and nobody who has been may still answer. */
  #endIfHopeless(): void {
    if (this.#running.some(this.#roster.isUsable)) return
    if (this.#end()) this.#outlet.reject(this.#failure ?? new UpstreamError('no-server', 'no upstream to ask'))
  }

  /** False: it was over already. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#outlet.onEnd()
    return true
  }
}

function retryMs(index: number): number {
  const milliseconds = RETRY_MS[index]! * (1 + (JITTER * random16()) / 65_536)
  return Math.ceil(milliseconds / JITTER_STEP_MS) * JITTER_STEP_MS
}
