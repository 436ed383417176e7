// The path of a query: decide → cache → forward → screen → open → answer. `answer` is the part that never waits, `resolve` the whole.

import { createCache, remainingSeconds } from '../cache/cache.ts'
import { createRing } from '../cache/ring.ts'
import { ClientQuery } from '../dns/client-query.ts'
import { CLIENT_COOKIE_OCTETS } from '../dns/edns.ts'
import type { Name } from '../dns/name.ts'
import { copyForNow } from '../dns/octets.ts'
import { MOST_REPLY_OCTETS, type Transport } from '../dns/reply.ts'
import { createCookieIssuer } from '../dns/server-cookie.ts'
import { RCODE } from '../dns/vocabulary.ts'
import { decideName } from '../policy/decide.ts'
import type { Asker } from './asker.ts'
import { type BudgetUse, createBudget } from './budget.ts'
import { type Counters, countQuery, countRejection, createCounters } from './counters.ts'
import { createForward } from './forward.ts'
import { createJudge } from './judge.ts'
import { createMemory, type Judgement, meteredBy } from './memory.ts'
import { createOpen } from './open.ts'
import { createPlaces } from './places.ts'
import type { Address, Client, Policy, ResolverOptions } from './ports.ts'
import { createRenewal } from './renewal.ts'
import { createResolve } from './resolve.ts'
import { createScreen } from './screen.ts'
import { OVER_BUDGET, type Settled } from './settled.ts'
import { createTallies, type Tallies } from './tally.ts'
import { createWaiters } from './waiters.ts'
import { writeRejection, writeSettled } from './write.ts'

/** The query has to wait: call `resolve` with a copy of it. */
export const PENDING = -1

/** A server that has become slow holds each for seconds; whoever finds no place asks again at the next hit. */
const REFRESHED_AT_A_TIME = { ofAll: 512, ofClient: 64 } as const

/** Where a reply that had to wait is written before it is known how long it is. */
const scratch = new Uint8Array(MOST_REPLY_OCTETS)

export interface ResolverStatus {
  readonly cachedAnswers: number
  readonly rememberedNames: number
  readonly octets: number
}

export interface Resolver {
  /** Hot path: writes the reply at once and returns its length, 0 if there is to be none, or PENDING. Only PENDING may allocate. */
  answer(query: Uint8Array, length: number, asker: Asker, reply: Uint8Array, transport: Transport): number
  /** Finds out, opens, and then replies. Rejects only with what is a bug. `query` must not change meanwhile. */
  resolve(query: Uint8Array, asker: Asker, transport: Transport): Promise<Uint8Array>
  /** Asks again in the background what a client uses. */
  renew(asker: Asker, name: Name, family: 4 | 6): void
  /** Puts the next policy in force: verdicts and screened answers of whom it concerns are forgotten, what upstream said is not. */
  replacePolicy(policy: Policy): void
  /** The updater has announced a revision: queries that were refused for theirs try again. */
  revisionConfirmed(): void
  /** Forgets every answer and verdict. */
  flush(): void
  /** What the client that asks from an address has used of its budget for names beside this one; undefined where none is counted. */
  budgetOf(source: Address, name: Name): BudgetUse | undefined
  readonly policy: Policy
  readonly counters: Readonly<Counters>
  readonly tallies: Tallies
  status(): ResolverStatus
}

export function createResolver(options: ResolverOptions): Resolver {
  const { now, maxTtlSeconds } = options
  const counters = createCounters()
  const ring = createRing(options.cacheOctets)
  const cache = createCache({ ring, maxTtlSeconds, staleSeconds: options.staleSeconds })
  const memory = createMemory(ring, options)
  const tallies = createTallies()
  const { permits, useOf } = createBudget({
    limits: options.budget,
    ledger: options.ledger,
    counters,
    onOverspent: options.observer.onOverspent,
  })
  const judge = createJudge(options, memory)
  const waiters = createWaiters()
  const forward = createForward(options, cache, counters)
  const resolve = createResolve({
    now,
    deadlineMs: options.deadlineMs,
    counters,
    memory,
    judge,
    cache,
    waiters,
    forward,
    screen: createScreen(options, counters),
    open: createOpen(options, judge, counters),
    inForce: () => policy,
  })
  const renewal = createRenewal(async (question, asker) => {
    const client = policy.clientAt(asker.source)
    if (!permits(client, memory.judge(client, question.name, question.type), true, now())) return
    counters.renewed++
    await resolve(question, asker, true).catch((error: Error) => options.observer.onForwardFailure(question, error))
  })
  const places = createPlaces(REFRESHED_AT_A_TIME)
  const issueCookie = createCookieIssuer()
  const incoming = new ClientQuery()
  let policy = options.policy

  function answer(query: Uint8Array, length: number, asker: Asker, reply: Uint8Array, transport: Transport): number {
    const acceptance = incoming.read(query, length)
    grantCookie(query, incoming, asker)
    const rejection = writeRejection(query, incoming, acceptance, reply)
    if (rejection >= 0) return countRejection(counters, rejection)
    const time = now()
    const { client } = asker
    const judgement = memory.judge(client, incoming.name, incoming.type)
    const settled = ration(client, judgement, judge.settle(client, judgement, incoming, time), time)
    const isOverBudget = settled === OVER_BUDGET
    const isTypeDenied = settled !== undefined && settled === judgement.typeDenial
    countQuery(counters, asker.counts, judgement.verdict, incoming.type, isTypeDenied, isOverBudget)
    if (!judgement.local) tallies.count(judgement, client, incoming.type, isOverBudget)
    if (settled === undefined) {
      counters.pending++
      return PENDING
    }
    // Replies of our own have no end.
    if (settled.expiresAt < Number.POSITIVE_INFINITY) counters.hits++
    if (settled.refreshAt <= time) refresh(client, judgement, settled, time)
    return write(query, incoming, settled, time, transport, reply)
  }

  /** Who sends a cookie gets it back, with one of ours (RFC 7873 section 5.2). */
  function grantCookie(query: Uint8Array, { edns }: ClientQuery, { source }: Asker): void {
    if (edns.cookieAt === 0) return
    edns.replyCookie = issueCookie(query.subarray(edns.cookieAt, edns.cookieAt + CLIENT_COOKIE_OCTETS), source, now())
  }

  /** Passes on what is settled, or undefined for what is not, unless the budget says otherwise. */
  function ration(client: Client, judgement: Judgement, settled: Settled | undefined, time: number): Settled | undefined {
    if (judgement.metered === undefined) return settled
    const goesUpstream = settled === undefined && cache.get(incoming, time) === undefined
    return permits(client, judgement, goesUpstream, time) ? settled : OVER_BUDGET
  }

  /** Asks upstream anew for what is in use and about to expire. Whoever comes after its end finds it in the cache, and is opened for as ever. */
  function refresh(client: Client, judgement: Judgement, settled: Settled, time: number): void {
    if (!options.prefetch || !places.take(client.payer)) return
    settled.refreshAt = Number.POSITIVE_INFINITY
    if (!permits(client, judgement, true, time)) return places.free(client.payer)
    counters.refreshed++
    const { name, type, dnssecOk } = incoming
    const question = { name, type, dnssecOk }
    forward(question)
      .catch((error: Error) => options.observer.onForwardFailure(question, error))
      .finally(() => places.free(client.payer))
  }

  function resolveQuery(query: Uint8Array, asker: Asker, transport: Transport): Promise<Uint8Array> {
    incoming.read(query, query.length)
    const { name, type, dnssecOk } = incoming
    return resolve({ name, type, dnssecOk }, asker).then((settled) => {
      // Others have been read meanwhile.
      incoming.read(query, query.length)
      grantCookie(query, incoming, asker)
      const length = write(query, incoming, settled, now(), transport, scratch)
      return copyForNow(scratch, length)
    })
  }

  function write(
    query: Uint8Array,
    question: ClientQuery,
    settled: Settled,
    time: number,
    transport: Transport,
    reply: Uint8Array,
  ): number {
    if (settled.rcode === RCODE.SERVFAIL) counters.servfail++
    const ttlSeconds = Math.min(remainingSeconds(settled.expiresAt, time), maxTtlSeconds)
    return writeSettled(query, question, settled, ttlSeconds, transport, reply, options.explain)
  }

  function replacePolicy(next: Policy): void {
    policy = next
    memory.retain(new Set(next.parts.views.values()))
    waiters.wake()
  }

  function budgetOf(source: Address, name: Name): BudgetUse | undefined {
    const client = policy.clientAt(source)
    return useOf(client, { name, metered: meteredBy(decideName(client.view, name, options.wallClock())) }, now())
  }

  return {
    answer,
    budgetOf,
    resolve: resolveQuery,
    renew: (asker, name, family) => {
      if (!renewal.add(asker, name, family)) counters.notRenewed++
    },
    replacePolicy,
    revisionConfirmed: waiters.wake,
    flush: () => {
      cache.clear()
      memory.retain(new Set())
    },
    get policy() {
      return policy
    },
    counters,
    tallies,
    status: () => ({ cachedAnswers: cache.size, rememberedNames: memory.size, octets: ring.octets }),
  }
}
