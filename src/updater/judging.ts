// Whoever holds something is judged again as policies change and entries end: only those concerned, and what can be found out beforehand is.

import type { Policy } from '../policy/policy.ts'
import { breathe } from '../zones/breath.ts'
import type { LeaseBook, Rejudged } from './book.ts'
import { type Concern, concernOf, EVERYBODY } from './concern.ts'
import type { FormerNames } from './former-names.ts'
import { type Bench, judgeHolder } from './judge.ts'
import type { ElementSpec, Holder } from './lease.ts'

export interface JudgingOptions {
  readonly book: LeaseBook
  /** Is told who holds nothing any more. */
  readonly former: FormerNames
  readonly bench: () => Bench
  readonly wallClock: () => number
}

export interface Judging {
  /** The verdict on a holder by the policy of now. */
  judgeNow(): (holder: Holder) => readonly ElementSpec[] | undefined
  /** Changes the book; the kernel is the caller's to change. */
  rejudge(concern: Concern): Rejudged
  /** Since the last judgement: whom the policy concerns that has come since, or everybody where an entry may have ended. */
  concernNow(): Concern
  /** May an entry have ended since, or one that had ended by a clock that was wrong be in force again? */
  isDue(): boolean
  /** Finds out whom the next policy will change, while the one in force still holds: the change itself is then a matter of moments. */
  prepare(next: Policy): Promise<void>
}

const STEPS_A_BREATH = 64
/** Set back by less, the clock was only corrected. */
const SET_BACK_MS = 1000

export function createJudging({ book, former, bench, wallClock }: JudgingOptions): Judging {
  let nextChange = Number.POSITIVE_INFINITY
  /** When it was judged last, by the time of day, where entries have an end. */
  let since = Number.NEGATIVE_INFINITY
  let judgedBy: Policy | undefined
  let rounds = 0
  /** `until`: the time of day at which the policy says something else. */
  let prepared: { readonly policy: Policy; readonly holders: readonly Holder[]; readonly until: number } | undefined

  function judgeNow(): (holder: Holder) => readonly ElementSpec[] | undefined {
    const [current, wall] = [bench(), wallClock()]
    return (holder) => {
      const specs = judgeHolder(current, holder, wall)
      if (specs === undefined) former.note([holder])
      return specs
    }
  }

  function rejudge(concern: Concern): Rejudged {
    const { policy } = bench()
    const wall = wallClock()
    const found = prepared?.policy === policy && wall < prepared.until ? prepared.holders : undefined
    const which = concern === EVERYBODY ? undefined : (found ?? book.concerned(concern))
    nextChange = policy.nextChange(wall)
    since = Number.isFinite(policy.nextChange(Number.NEGATIVE_INFINITY)) ? wall : Number.NEGATIVE_INFINITY
    judgedBy = policy
    prepared = undefined
    rounds++
    return book.rejudge(judgeNow(), which)
  }

  async function prepare(next: Policy): Promise<void> {
    if (judgedBy === undefined) return
    const round = rounds
    const [current, wall] = [{ ...bench(), policy: next }, wallClock()]
    const holders: Holder[] = []
    // Beyond what there is now it goes on in one piece: whoever goes on opening would put off what is taken back for ever.
    let breathing = book.size
    for (const grant of book.differing((each) => judgeHolder(current, each, wall), concernOf(judgedBy, next))) {
      if (grant !== undefined) holders.push(grant)
      if (--breathing >= 0 && breathing % STEPS_A_BREATH === 0) await breathe()
    }
    // What has been judged otherwise meanwhile may hold other elements than when it was looked at.
    if (round === rounds) prepared = { policy: next, holders, until: next.nextChange(wall) }
  }

  function concernNow(): Concern {
    return judgedBy === undefined || isDue() ? EVERYBODY : concernOf(judgedBy, bench().policy)
  }

  function isDue(): boolean {
    const wall = wallClock()
    return wall >= nextChange || wall < since - SET_BACK_MS
  }

  return { judgeNow, rejudge, concernNow, isDue, prepare }
}
