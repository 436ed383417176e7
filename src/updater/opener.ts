// Group commit: whatever waits is judged, and goes to the kernel in one transaction with one acknowledgement.

import { countLatency } from '../latency.ts'
import type { OpenReply, OpenRequest, RefusalReason } from '../leases/protocol.ts'
import { NetlinkError, SystemError } from '../linux/error.ts'
import type { LeaseBook } from './book.ts'
import type { Counters } from './counters.ts'
import type { Firewall } from './firewall.ts'
import { type Bench, type Judgement, judgeRequest } from './judge.ts'
import type { ElementWrite, Opening } from './lease.ts'
import type { LeaseLimits } from './options.ts'

export interface OpenerPorts {
  readonly book: LeaseBook
  readonly firewall: Firewall
  readonly counters: Counters
  /** Is told what is to be opened before it is looked up in the book: what is there already must be in it. Throws NetlinkError. */
  meet(openings: readonly Opening[]): void
  /** Makes room where names have more addresses than they may, at the cost of what was opened before. */
  displace(opened: readonly Opening[]): void
  /** How many leases of a payer have made room lately: they count as if they were still there. */
  displacedOf(payer: string): number
  /** Brings back what has vanished from the kernel, live leases included. False: it could not. */
  restore(): boolean
}

/** The moment of a batch, on both clocks. */
export interface Moment {
  readonly wall: number
  readonly now: number
}

type Accepted = Extract<Judgement, { kind: 'accepted' }>

interface Refusal {
  readonly reason: RefusalReason
  readonly message: string
}

type Fault = NetlinkError | SystemError

/** The message or its reply was lost, nobody's fault; writing the same twice does no harm. */
const TRANSIENT = new Set(['ENOBUFS', 'EINTR', 'EAGAIN'])
const MOST_ATTEMPTS = 3

/** One reply a request, in their order. What is `open` has been acknowledged by the kernel. */
export function openRequests(ports: OpenerPorts, bench: Bench, requests: readonly OpenRequest[], moment: Moment): readonly OpenReply[] {
  const judgements = requests.map((request) => judgeRequest(bench, request, moment.wall, moment.now))
  const accepted = judgements.filter((judgement): judgement is Accepted => judgement.kind === 'accepted')
  const refusals = commit(ports, bench, accepted, moment.now)
  const replies = judgements.map((judgement) => toReply(judgement, refusals.get(judgement)))
  for (const reply of replies) count(ports.counters, reply)
  return replies
}

/** All together; on an error each alone, so that only the culprit fails. Returns the refusals. */
function commit(ports: OpenerPorts, bench: Bench, accepted: readonly Accepted[], now: number): ReadonlyMap<Judgement, Refusal> {
  const open = (some: readonly Accepted[]): Refusal | undefined => openTogether(ports, bench.limits, some.flatMap(openingsOf), now)
  const refusals = new Map<Judgement, Refusal>()
  if (accepted.length === 0 || (accepted.length > 1 && open(accepted) === undefined)) return refusals
  for (const one of accepted) {
    const refusal = open([one])
    if (refusal !== undefined) refusals.set(one, refusal)
  }
  return refusals
}

function openTogether(ports: OpenerPorts, limits: LeaseLimits, openings: readonly Opening[], now: number): Refusal | undefined {
  const { counters } = ports
  let excess: string | undefined
  try {
    excess = attempt(ports, () => openOnce(ports, limits, openings, now))
  } catch (error) {
    counters.commitFailures++
    if (isFault(error)) return refusalOf(error)
    throw error
  }
  if (excess !== undefined) return { reason: 'limit', message: excess }
  counters.commits++
  ports.displace(openings)
  return undefined
}

/** Returns which limit keeps them closed. From the beginning each time: what has been brought back in between is another book, and perhaps not whole yet. */
function openOnce(ports: OpenerPorts, limits: LeaseLimits, openings: readonly Opening[], now: number): string | undefined {
  ports.meet(openings)
  const excess = excessOf(ports, limits, openings)
  if (excess === undefined) ports.book.commit(openings, (writes) => writeTimed(ports, writes, now))
  return excess
}

/** Which limit the openings would exceed, and whose. */
function excessOf(ports: OpenerPorts, limits: LeaseLimits, openings: readonly Opening[]): string | undefined {
  const { mostLeases, leasesPerClient } = limits
  const { book } = ports
  if (hasRoom(ports, limits, openings)) return undefined
  let size = book.size
  for (const [payer, count] of book.newByPayer(openings)) {
    size += count
    if (countOf(ports, payer) + count > leasesPerClient) return excessOfPayer(ports, payer, leasesPerClient)
  }
  return size > mostLeases ? `${mostLeases} leases are open: the limit` : undefined
}

/** Whoever counts what is open finds less where some made room lately. */
function excessOfPayer({ book, displacedOf }: OpenerPorts, payer: string, leasesPerClient: number): string {
  const displaced = displacedOf(payer)
  if (displaced === 0) return `${payer} has ${leasesPerClient} leases: the limit of one client`
  const had = `${payer} has ${book.countOf(payer)} leases, and lost ${displaced} in the last minutes to newer addresses of their names`
  return `${had}: the limit of one client is ${leasesPerClient}`
}

/** Even if every opening were a new lease. */
function hasRoom(ports: OpenerPorts, { mostLeases, leasesPerClient }: LeaseLimits, openings: readonly Opening[]): boolean {
  const { length } = openings
  return ports.book.size + length <= mostLeases && openings.every(({ payer }) => countOf(ports, payer) + length <= leasesPerClient)
}

function countOf({ book, displacedOf }: OpenerPorts, payer: string): number {
  return book.countOf(payer) + displacedOf(payer)
}

function writeTimed(ports: Pick<OpenerPorts, 'firewall' | 'counters'>, writes: readonly ElementWrite[], now: number): void {
  const startedAt = performance.now()
  ports.firewall.write(writes, now)
  countLatency(ports.counters.commitLatency, performance.now() - startedAt)
}

/** Repeats what failed by no fault of its own: lost replies, and a table or set that somebody took away. */
function attempt<T>({ restore }: OpenerPorts, act: () => T): T {
  for (let attempts = 1; ; attempts++) {
    try {
      return act()
    } catch (error) {
      if (attempts === MOST_ATTEMPTS || !isFault(error)) throw error
      const isMended = TRANSIENT.has(error.code) || (error.code === 'ENOENT' && restore())
      if (!isMended) throw error
    }
  }
}

/** Of the kernel, or of the socket to it. */
function isFault(error: unknown): error is Fault {
  return error instanceof NetlinkError || error instanceof SystemError
}

function refusalOf(error: Fault): Refusal {
  if (error.code === 'ENFILE') return { reason: 'limit', message: 'the set is full' }
  return { reason: 'kernel', message: `the kernel refused the elements: ${error.message}` }
}

function toReply(judgement: Judgement, refusal: Refusal | undefined): OpenReply {
  const { id } = judgement.request
  if (judgement.kind === 'refused') return { id, kind: 'refused', reason: judgement.reason, message: judgement.message }
  if (refusal !== undefined) return { id, kind: 'refused', ...refusal }
  return { id, kind: 'open', leaseSeconds: judgement.leaseSeconds }
}

function openingsOf({ openings }: Accepted): readonly Opening[] {
  return openings
}

function count(counters: Counters, reply: OpenReply): void {
  if (reply.kind === 'open') counters.opened++
  else counters.refused[reply.reason]++
}
