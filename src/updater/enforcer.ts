// Keeps kernel, book and policy in step: opens what requests ask for, closes what the policy takes back, brings back what
// others took away. Everything here runs to its end in one turn of the event loop, so nobody sees half of it; what goes on in the background
// has files of its own.

import { randomInt } from 'node:crypto'
import type { OpenReply, OpenRequest } from '../leases/protocol.ts'
import type { Flow } from '../linux/conntrack.ts'
import type { PortRange } from '../net/port.ts'
import { staticSteps } from '../policy/static.ts'
import { runBreathing } from '../zones/breath.ts'
import { LeaseBook, type Rejudged } from './book.ts'
import { createComplaints } from './complaint.ts'
import { type Concern, EVERYBODY } from './concern.ts'
import { createCounters } from './counters.ts'
import { createDisplaced } from './displaced.ts'
import type { Enforcer, EnforcerOptions } from './enforcement.ts'
import type { Orders } from './firewall.ts'
import { elementsFor } from './flows.ts'
import { createFormerNames } from './former-names.ts'
import type { Bench } from './judge.ts'
import { createJudging } from './judging.ts'
import { createLapsedGrants } from './lapsed.ts'
import type { ElementSpec, ElementWrite, EndedElement, Opening } from './lease.ts'
import { openRequests } from './opener.ts'
import { createRepair } from './repair.ts'
import { createRevoker } from './revoker.ts'
import { distinctRanges, type RulesInForce } from './rulebook.ts'
import { createStep } from './step.ts'
import { createTakeover } from './takeover.ts'
import { type SlowWrite, timeWrites } from './timed.ts'

export const TICK_MS = 200
/** Leases that end at once are ended so many a tick: the kernel closes them in time by itself. */
const MOST_ENDED = 5_000
/** What `randomInt` allows. */
const GENERATIONS = 2 ** 48 - 1
/** What a change of policy adds leaves room for elements that have run out and that the kernel still counts: up to a second (gc_interval of its sets). */
const SHARE_OF_POLICY = 0.9

export function createEnforcer(options: EnforcerOptions): Enforcer {
  const { conntrack, limits, log, wallClock, leaseClock, rules } = options
  const book = new LeaseBook(leaseClock(), limits.addressesPerName, SHARE_OF_POLICY * limits.mostLeases)
  const counters = createCounters()
  const firewall = timeWrites(options.firewall, complainOfKernel)
  const lapsed = createLapsedGrants()
  const revoker = createRevoker({
    conntrack,
    mark: options.flowMark,
    log,
    wallClock,
    policy: () => rules().policy,
    egress: firewall.egress,
    isOpen,
    hasLapsed: lapsed.leadsTo,
    onEnded: (flows) => {
      counters.endedFlows += flows
    },
    onLeaving: (prefixes, before) => options.onLeaving?.(prefixes, before),
    onLeft: (prefixes) => options.onLeft?.(prefixes),
    onSettled: () => step.attempt(() => firewall.acquit()),
  })
  const former = createFormerNames()
  const displaced = createDisplaced()
  const bench = (): Bench => ({
    policy: rules().policy,
    limits,
    specify: firewall.specify,
    areFilesBroken: options.areFilesBroken?.() ?? false,
  })
  const judging = createJudging({ book, former, bench, wallClock })
  const complain = createComplaints(log, leaseClock)
  let generation = randomInt(GENERATIONS)
  let rangesWithUnread: readonly PortRange[] = []
  let isRepairDue = false
  /** What nobody holds any more, and the kernel has not closed yet. */
  let owed: readonly ElementSpec[] = []
  const takeover = createTakeover({
    ...{ book, firewall, leaseClock, judgeNow: judging.judgeNow, close: closeFound },
    policy: () => rules().policy,
    write: (put) =>
      step.bring(() => {
        if (step.isKept) firewall.write(put, leaseClock())
        return step.isKept
      }),
    onDone: (found, kept) => log.info({ found, kept }, 'took over what the kernel holds'),
    onFailed: (error) => {
      log.warn({ reason: error.message }, 'cannot read what the kernel holds: trying again')
      step.disturb()
    },
  })
  const repair = createRepair({
    ...{ book, firewall, leaseClock, isComplete: () => takeover.isDone },
    write: (put) => firewall.write(put, leaseClock()),
    close: (strays) => {
      owed = [...owed, ...strays]
      if (!apply()) step.disturb()
    },
    onUnsure: () => step.disturb(),
  })
  const step = createStep({ log, leaseClock, synchronise, onLost: forget })

  function adopt(): void {
    rangesWithUnread = firewall.ranges()
    follow(rules())
    judging.rejudge(EVERYBODY)
    revoker.add(firewall.closed())
    if (apply()) takeover.begin()
    else synchronise()
    revoker.pursue()
  }

  function isOpen(flow: Flow): boolean {
    const specs = elementsFor(rulesNow(), firewall.specify, flow)
    takeover.meet(specs)
    return specs.some((spec) => book.hasElement(spec) || lapsed.has(spec))
  }

  /** A table that is there keeps what its sets hold until that has been compared. Of another what the book has is all that stays: it must know everything by then. */
  function synchronise(): void {
    firewall.doubt()
    if (apply()) {
      takeover.resume()
      repair.begin()
      // What is missing is back as soon as it is asked for, and not before it is compared.
      if (repair.isUnderWay) forget()
      isRepairDue = !takeover.isDone
      return
    }
    revoker.add(takeover.finish())
    firewall.synchronise(orders(), [...book.elements()], wallClock(), leaseClock())
    owed = []
  }

  /** With rules and closures it goes on where the kernel refused them before. False: it cannot. */
  function apply(put: readonly ElementWrite[] = []): boolean {
    const remove = owed.filter((spec) => !book.hasElement(spec))
    const isApplied = firewall.apply(orders(), { put, remove }, wallClock(), leaseClock())
    if (isApplied) owed = []
    return isApplied
  }

  function orders(): Orders {
    return { ...rulesNow(), revoked: revoker.revoked }
  }

  /** What no entry needs any longer has its set until what is in there has been read. */
  function rulesNow(): RulesInForce {
    return takeover.isDone ? rules() : { ...rules(), ranges: rangesWithUnread }
  }

  function follow({ policy, ranges }: RulesInForce): void {
    takeover.follow(policy)
    rangesWithUnread = distinctRanges([...rangesWithUnread, ...ranges])
  }

  function open(requests: readonly OpenRequest[]): readonly OpenReply[] {
    const obstacle = step.isKept ? firewall.obstacle() : 'the kernel is out of step with the policy; mending'
    if (obstacle !== undefined) return requests.map(({ id }) => refuseAll(id, obstacle))
    const displacedOf = (payer: string) => displaced.countOf(payer, leaseClock())
    const ports = { book, firewall, counters, meet, displace, displacedOf, restore }
    const replies = openRequests(ports, bench(), requests, { wall: wallClock(), now: leaseClock() })
    for (const [index, reply] of replies.entries()) complainOf(requests[index]!, reply)
    return replies
  }

  function meet(openings: readonly Opening[]): void {
    if (takeover.isDone && !repair.isUnderWay) return
    const specs = openings.flatMap((opening) => opening.specs)
    takeover.meet(specs)
    repair.meet(specs)
  }

  /** What the policy refuses is the resolver's to tell; what has no room, or the kernel does not take, is ours. */
  function complainOf({ client, name }: OpenRequest, reply: OpenReply): void {
    if (reply.kind === 'open' || (reply.reason !== 'limit' && reply.reason !== 'kernel')) return
    complain(`${reply.reason} ${client}`, { client, name, reason: reply.message }, 'an address could not be opened')
  }

  function complainOfKernel({ what, ...fields }: SlowWrite): void {
    counters.slowWrites++
    complain(`slow ${what}`, { what, ...fields }, 'the kernel is slow: whoever waits for an address meanwhile may get SERVFAIL')
  }

  function displace(opened: readonly Opening[]): void {
    const { grants, elements } = book.displace(opened)
    const [first] = grants
    if (first === undefined) return
    counters.displaced += grants.length
    for (const { payer } of grants) displaced.add(payer, leaseClock())
    former.note(grants)
    if (conntrack !== undefined) lapsed.add(grants)
    close(elements)
    const { source: client, name } = first
    complain(
      `displaced ${client} ${name}`,
      { client, name, addresses: limits.addressesPerName },
      'a name has more addresses than it may: the longest unused are closed',
    )
  }

  function close(elements: readonly EndedElement[]): void {
    step.attempt(() => firewall.drop(takeover.closable(elements), leaseClock()))
  }

  function refuseAll(id: number, message: string): OpenReply {
    counters.refused.kernel++
    return { id, kind: 'refused', reason: 'kernel', message }
  }

  /** By the policy of now some of what was found has nobody any more. */
  function closeFound(strays: readonly ElementSpec[]): void {
    revoker.add(strays)
    owed = [...owed, ...strays]
    step.bring(() => step.isKept && apply())
    if (step.isKept) revoker.pursue()
  }

  /** A difference, never a wipe: what was allowed before and is allowed now is not touched. */
  function enforce(): void {
    follow(rules())
    const change = rejudge(judging.concernNow())
    step.bring(() => step.isKept && apply(takeover.join(change.put)))
    if (step.isKept) revoker.pursue()
    if (leavesLess(change)) forget()
  }

  /** Known to the revoker before the kernel hears of it, so that flows are refused by the same transaction. */
  function rejudge(concern: Concern): Rejudged {
    const rejudged = judging.rejudge(concern)
    counters.revoked += rejudged.revoked
    if (rejudged.lacking > 0)
      complain('lacking', { elements: rejudged.lacking }, 'the policy opens more than there is room for: raise limits.mostLeases')
    revoker.add([...rejudged.remove, ...lapsed.rejudge(judging.judgeNow(), concern)])
    owed = [...owed, ...takeover.closable(rejudged.remove)]
    return rejudged
  }

  /** False: something is still missing. */
  function restore(): boolean {
    counters.restores++
    return bringBack()
  }

  function bringBack(): boolean {
    if (firewall.lookUp() && leavesLess(rejudge(EVERYBODY))) forget()
    step.mend()
    if (step.isKept) revoker.pursue()
    return step.isKept && firewall.obstacle() === undefined
  }

  function forget(): void {
    generation = randomInt(GENERATIONS)
    options.onGeneration(generation)
  }

  function tick(): void {
    expire()
    if (firewall.poll()) step.disturb()
    if (takeover.isDone) concludeTakeover()
    if (firewall.hasMoved() || judging.isDue()) enforce()
    else if (step.isMendDue()) mend()
  }

  /** What had to wait until the book knew all that is open. */
  function concludeTakeover(): void {
    const areSetsUnneeded = rangesWithUnread.length > rules().ranges.length
    rangesWithUnread = []
    if (areSetsUnneeded) step.bring(() => step.isKept && apply())
    if (isRepairDue) step.attempt(repair.begin)
    isRepairDue = false
  }

  function expire(): void {
    const { grants, elements } = book.expire(leaseClock(), MOST_ENDED)
    if (grants.length === 0) return
    former.note(grants)
    if (conntrack !== undefined) lapsed.add(grants)
    close(elements)
  }

  function extend(openings: readonly Opening[]): void {
    if (openings.length === 0 || !step.isKept) return
    step.attempt(() => book.commit(openings, (writes) => firewall.write(writes, leaseClock())))
  }

  function mend(): void {
    if (step.isKept) log.warn('somebody else has changed what sallyport writes: restoring it')
    restore()
  }

  return {
    book,
    counters,
    former,
    get generation() {
      return generation
    },
    get isInStep() {
      return step.isKept
    },
    adopt,
    prepare: async ({ policy }) => {
      await runBreathing(staticSteps(policy, wallClock()))
      await takeover.halt(() => judging.prepare(policy))
    },
    open,
    extend,
    enforce,
    forgetLapsed: lapsed.prune,
    get isCrowded() {
      return lapsed.isCrowded
    },
    flowsEnded: async () => {
      await takeover.departuresClosed()
      await revoker.settled()
    },
    tick,
    close: async () => {
      await takeover.close()
      await repair.close()
      await revoker.close()
    },
  }
}

/** May something that was acknowledged be closed now? */
function leavesLess({ revoked, lacking, remove }: Rejudged): boolean {
  return revoked + lacking + remove.length > 0
}
