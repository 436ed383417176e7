// A query that has to wait, step by step.

import { type Cache, type CachedOutcome, variantOf } from '../cache/cache.ts'
import type { Asker } from './asker.ts'
import type { Counters } from './counters.ts'
import type { Forward } from './forward.ts'
import type { Judge } from './judge.ts'
import type { Judgement, Memory } from './memory.ts'
import type { Open } from './open.ts'
import type { Client, Policy, Question, ResolverOptions } from './ports.ts'
import type { Screen } from './screen.ts'
import { notOpened, type Settled } from './settled.ts'
import type { Waiters } from './waiters.ts'

/** How long a query whose revision the updater refused waits for news before it simply tries again. */
const NEWS_MS = 100

const REVISIONS_DIFFER = notOpened('resolver and updater hold different policies')

export interface Steps extends Pick<ResolverOptions, 'now' | 'deadlineMs'> {
  readonly counters: Counters
  readonly memory: Memory
  readonly judge: Judge
  readonly cache: Cache
  readonly forward: Forward
  readonly screen: Screen
  readonly open: Open
  readonly waiters: Waiters
  inForce(): Policy
}

/** Settles a question whatever it takes. In the background nobody waits for the answer: one beyond its time opens nothing, or it would keep itself open. */
export type Resolve = (question: Question, asker: Asker, inBackground?: boolean) => Promise<Settled>

interface Position {
  readonly policy: Policy
  readonly client: Client
  readonly judgement: Judgement
  readonly settled: Settled | undefined
}

export function createResolve(steps: Steps): Resolve {
  const { counters, cache, forward, screen, open, memory, judge, now } = steps

  /** Where the question stands under the policy in force at this moment. */
  function decide(question: Question, { source }: Asker, time: number): Position {
    const policy = steps.inForce()
    const client = policy.clientAt(source)
    const judgement = memory.judge(client, question.name, question.type)
    return { policy, client, judgement, settled: judge.settle(client, judgement, question, time) }
  }

  /** Hands out what upstream said as soon as it is open, under a policy that stood from the judgement to the acknowledgement. */
  async function resolve(question: Question, asker: Asker, inBackground = false): Promise<Settled> {
    const { settled: atOnce } = decide(question, asker, now())
    if (atOnce !== undefined) return atOnce
    const known = await find(question)
    const deadline = now() + steps.deadlineMs
    do {
      const time = now()
      // Policy may have been replaced while upstream or the updater was asked, so judge again.
      const { policy, client, judgement, settled } = decide(question, asker, time)
      if (settled !== undefined) return settled
      const screened = screenOnce(client, judgement, question, known, time)
      if (inBackground && screened.stale) return screened
      const opening = await open(asker, client, question, screened, policy.revision)
      if (opening.kind === 'failed') return opening.reply
      if (opening.kind === 'open' && policy === steps.inForce()) return screened
      // News that came before the refusal is not waited for.
      if (opening.kind === 'other-revision' && policy === steps.inForce()) await steps.waiters.wait(NEWS_MS)
    } while (now() < deadline)
    return REVISIONS_DIFFER
  }

  function find(question: Question): CachedOutcome | Promise<CachedOutcome> {
    const cached = cache.get(question, now())
    if (cached === undefined) counters.misses++
    else counters.hits++
    return cached ?? forward(question)
  }

  /** Those who wait for the same answer share what the first has screened, and with it the leases. */
  function screenOnce(client: Client, judgement: Judgement, question: Question, known: CachedOutcome, time: number): Settled {
    const { verdict } = judgement
    if (verdict.kind === 'deny') throw new TypeError(`${question.name} is denied`)
    const earlier = judgement.settledFor(variantOf(question.type, question.dnssecOk), time)
    if (earlier !== undefined) return earlier
    const screened = screen(client, verdict, question, known)
    if (screened.expiresAt > time) memory.keep(judgement, screened)
    return screened
  }

  return resolve
}
