// From a question to what upstream says of it, good or bad. Identical questions in flight share one exchange.

import { ByQuestion, type Cache, type CachedOutcome, type Failure } from '../cache/cache.ts'
import { createExplanation } from '../dns/explanation.ts'
import { WireError } from '../dns/name.ts'
import { RcodeError } from '../dns/response.ts'
import { EDE } from '../dns/vocabulary.ts'
import type { Counters } from './counters.ts'
import type { Question, ResolverOptions } from './ports.ts'

/** RFC 9520 section 3.2: at least a second, at most five minutes. */
const FAILURE_TTL_SECONDS = 5

/** So long a client waits for news where there is something old to give it (RFC 8767 section 5). */
const PATIENCE_MS = 1_800

/** What a client is told of upstream's own reasons: that it has found an answer not to be genuine, or could not tell, or has reached nobody. */
const TOLD_ON: ReadonlySet<number> = new Set([
  EDE.unsupportedDnskeyAlgorithm,
  EDE.unsupportedDsDigestType,
  EDE.dnssecIndeterminate,
  EDE.dnssecBogus,
  EDE.signatureExpired,
  EDE.signatureNotYetValid,
  EDE.dnskeyMissing,
  EDE.rrsigsMissing,
  EDE.noZoneKeyBitSet,
  EDE.nsecMissing,
  EDE.noReachableAuthority,
  EDE.signatureExpiredBeforeValid,
  EDE.unsupportedNsec3IterationsValue,
])

/** Never rejects for what upstream does: a failure is an outcome too, and is cached for a short time. But what is old is better than that. */
export type Forward = (question: Question) => Promise<CachedOutcome>

type Ports = Pick<ResolverOptions, 'upstream' | 'observer' | 'now'>

export function createForward({ upstream, observer, now }: Ports, cache: Cache, counters: Counters): Forward {
  const inFlight = new ByQuestion<Promise<CachedOutcome>>()

  function forward(question: Question): Promise<CachedOutcome> {
    const { name } = question
    const underway = inFlight.namesFor(question)
    const shared = underway.get(name)
    if (shared !== undefined) return shared
    const forget = (): void => void underway.delete(name)
    const asked = cache.hasStale(question, now()) ? patiently(question).finally(forget) : exchange(question, forget)
    underway.set(name, asked)
    return asked
  }

  /** The exchange goes on when patience is over: what it brings is there for the next who asks. */
  async function patiently(question: Question): Promise<CachedOutcome> {
    const news = exchange(question, () => {})
    return (await withinPatience(news)) ?? cache.revive(question, now()) ?? news
  }

  /** One promise beside upstream's own: there are as many as new names. */
  function exchange(question: Question, onEnd: () => void): Promise<CachedOutcome> {
    counters.forwarded++
    return upstream.exchange(question).then(
      ({ answer }) => {
        onEnd()
        return cache.put(question, answer, now())
      },
      (error) => {
        onEnd()
        return fail(question, error)
      },
    )
  }

  function fail(question: Question, error: unknown): CachedOutcome {
    const failure = failureOf(error)
    counters.forwardFailures++
    observer.onForwardFailure(question, error as Error)
    return cache.revive(question, now()) ?? cache.put(question, failure, now())
  }

  return forward
}

/** Rethrows what is no failure of an upstream. */
function failureOf(error: unknown): Failure {
  if (error instanceof RcodeError) return failure(reasonOf(error), error.message, FAILURE_TTL_SECONDS)
  if (error instanceof WireError) return failure(EDE.invalidData, 'upstream response is malformed', FAILURE_TTL_SECONDS)
  if (!(error instanceof Error && 'kind' in error)) throw error
  // Our own limit says nothing about the name, so the next query may try.
  if (error.kind === 'overload') return failure(EDE.notReady, 'too many queries wait for upstream', 0)
  return failure(EDE.networkError, `no upstream answered: ${error.kind}`, FAILURE_TTL_SECONDS)
}

/** Without a reason of its own, upstream is another server with which it went wrong (RFC 8914 section 4.24). */
function reasonOf({ infoCodes }: RcodeError): number {
  return infoCodes.find((code) => TOLD_ON.has(code)) ?? EDE.networkError
}

function failure(code: number, text: string, ttlSeconds: number): Failure {
  return { kind: 'failure', ttlSeconds, explanation: createExplanation(code, text) }
}

/** Undefined: it takes longer. */
async function withinPatience<T>(news: Promise<T>): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  try {
    return await Promise.race([news, over])
  } finally {
    clearTimeout(timer)
  }
}
