// Keeps kernel, book and policy in step: opens what requests ask for, closes what the policy takes back, brings back what
// others took away. Everything here runs to its end in one turn of the event loop, so nobody sees half of it.

import { randomInt } from 'node:crypto'
import type { OpenReply, OpenRequest } from '../leases/protocol.ts'
import type { Conntrack } from '../linux/conntrack.ts'
import type { Logger } from '../log.ts'
import { type Address, parseAddress } from '../net/address.ts'
import type { Guard } from '../policy/client.ts'
import { LeaseBook } from './book.ts'
import { type Counters, createCounters } from './counters.ts'
import type { Firewall, FoundElement } from './firewall.ts'
import { type Closed, endFlows, type Passage, passagesOf, vanishedPassages } from './flows.ts'
import { type Bench, judgeHolder, judgeRequest, type Judgement } from './judge.ts'
import type { Element, Grant } from './lease.ts'
import { openGroups, type Outcome } from './opener.ts'
import type { LeaseLimits } from './options.ts'
import type { RulesInForce } from './rulebook.ts'

export interface EnforcerOptions {
  readonly firewall: Firewall
  /** Undefined without a kernel. */
  readonly conntrack: Conntrack | undefined
  readonly guard: Guard
  readonly limits: LeaseLimits
  readonly log: Logger
  readonly wallClock: () => number
  readonly leaseClock: () => number
  rules(): RulesInForce
  /** What was acknowledged under another generation may be open no longer. */
  onGeneration(generation: number): void
}

export interface Enforcer {
  readonly book: LeaseBook
  readonly counters: Counters
  /** Random at each start, so that a restart is a new generation too: asking again is cheap, and comments may have lost names. */
  readonly generation: number
  /** Are kernel and book known to agree? Without, nothing is opened. */
  readonly isInStep: boolean
  /** At the start: takes over what it finds, as far as the policy of now allows. Throws what the kernel says. */
  adopt(): void
  /** One reply a request; the kernel has acknowledged what is `open`. */
  open(requests: readonly OpenRequest[]): readonly OpenReply[]
  /** The rules have changed, or what they say has. */
  enforce(): void
  /** Every TICK_MS: ends leases, notices what others did, mends. */
  tick(): void
}

export const TICK_MS = 200
/** Foreign changes may come in floods; mending reads everything back. */
const LEAST_MEND_MS = 500
const GENERATIONS = 2 ** 47
const LOOPBACK = parseAddress('127.0.0.1')!

export function createEnforcer(options: EnforcerOptions): Enforcer {
  const { firewall, conntrack, limits, log, wallClock, leaseClock, rules } = options
  const book = new LeaseBook(leaseClock())
  const counters = createCounters()
  let generation = randomInt(GENERATIONS)
  let isInStep = true
  let isDisturbed = false
  let lastMend = 0
  let passages: readonly Passage[] = []
  let nextChange = Number.POSITIVE_INFINITY
  /** Elements whose flows have still to be ended. */
  let closing: readonly Element[] = []

  const bench = (): Bench => ({ policy: rules().policy, limits, specify: firewall.specify })
  const judgeGrant = (grant: Grant) => judgeHolder(bench(), grant, wallClock())

  function adopt(): void {
    const found = firewall.find(leaseClock())
    for (const element of found) takeOver(element)
    book.rejudge(judgeGrant)
    synchronise()
    closing = found.filter(({ spec }) => !book.hasElement(spec.id)).map(({ spec, until }) => ({ spec, until, grants: new Set(), comment: '' }))
    endRevokedFlows()
    log.info({ found: found.length, kept: book.elementCount }, 'took over what the kernel holds')
  }

  /** Of an element without a client we only know that the namespace asked. */
  function takeOver({ spec, names, until }: FoundElement): void {
    const source = spec.lease.client ?? LOOPBACK
    if (spec.lease.client === undefined && options.guard === 'forward') return
    const clientId = rules().policy.clientAt(source).id
    for (const name of names) book.grant({ clientId, source, name, address: spec.lease.destination, until, specs: [] })
  }

  function open(requests: readonly OpenRequest[]): readonly OpenReply[] {
    const obstacle = isInStep ? firewall.obstacle() : 'the kernel is out of step with the policy'
    const now = leaseClock()
    const judgements = requests.map((request) => judgeRequest(bench(), request, wallClock(), now))
    const accepted = judgements.filter((judgement) => judgement.kind === 'accepted')
    const outcomes = obstacle === undefined ? commit(accepted.map(({ openings }) => openings), now) : []
    const outcomeOf = new Map(accepted.map((judgement, index) => [judgement, outcomes[index]]))
    …
  }
}
