// What is open in the kernel, as far as the updater has acknowledged it, and the asking for more.

import { ByClient } from '../by-client.ts'
import type { Name } from '../dns/name.ts'
import type { Address } from '../net/address.ts'
import { connect } from './connection.ts'
import { createFigureDesk } from './figure-desk.ts'
import { endUnderway, type LeaseHolder, NO_GENERATION, noteOpen } from './holder.ts'
import {
  encodeAnswering,
  encodeReady,
  encodeRequests,
  FIGURES_LINE,
  type Figures,
  type NameInUse,
  type OpenReply,
  type OpenRequest,
  type UpdaterMessage,
} from './protocol.ts'
import { createTurns, type Turn } from './turns.ts'
import { createWaitingRoom, LeaseError, type LeaseFailure, type Waiting } from './waiting.ts'

export { createLeaseHolder, type LeaseHolder } from './holder.ts'
export type { NameInUse } from './protocol.ts'
export { LeaseError, type LeaseFailure } from './waiting.ts'

/** Of the client, only what its elements carry matters here, and who is to wait when it asks for many. */
export interface LeaseClient {
  readonly id: string
  readonly payer: string
  readonly addresses: readonly Address[]
}

/** Open these addresses, answered for `name`, for `client`, who asked from `source`. */
export interface LeaseRequest {
  readonly client: LeaseClient
  readonly source: Address
  readonly name: Name
  readonly addresses: readonly Address[]
  /** The longest TTL that will be handed out. */
  readonly ttlSeconds: number
  /** The answer is beyond its time. */
  readonly stale: boolean
  /** Of the policy by which it was judged. */
  readonly revision: string
}

export interface LeasesStatus {
  readonly connected: boolean
  readonly revision: string | undefined
  readonly waiting: number
  readonly opened: number
  /** Requests that were not sent, because the updater had stopped reading. */
  readonly unsent: number
  readonly failed: Readonly<Record<LeaseFailure, number>>
  readonly lastError: string | undefined
}

export interface LeasesOptions {
  /** The updater's socket. */
  readonly path: string
  /** Milliseconds. Must not step back, or a lease would seem to last longer than the kernel keeps it. */
  readonly now: () => number
  readonly deadlineMs: number
  /** The policy revision in force with the updater: at each connection, and when it changes. */
  onRevision(revision: string): void
  /** The updater waits a moment for our word that we are ready for that revision, and then puts it in force. */
  onNext(revision: string): void
  onState(connected: boolean): void
  /** Another resolver is being served, that process: this one is not until it ends. */
  onTaken(pid: number): void
  /** Nothing has been heard of that request in time. */
  onDeadline(request: OpenRequest): void
  /** What clients use and should be asked again. */
  onInUse(names: readonly NameInUse[]): void
}

export interface Leases {
  /**
   * Hot path: is every address of this answer open for this client until `until` (ms) at least? One probe, no allocation.
   * While the updater is away the answer stays true until its time, because leases in the kernel go on; a new generation forgets.
   */
  covers(holder: LeaseHolder, client: LeaseClient, until: number): boolean
  /** Until when (ms) the answer is open for this client, undefined if it is not known to be. */
  openUntil(holder: LeaseHolder, client: LeaseClient): number | undefined
  /**
   * Resolves once the kernel has acknowledged every address. Rejects with LeaseError after a refusal or the deadline; without a
   * connection it waits for one as long. Concurrent calls for one holder, client and revision share one request.
   */
  open(holder: LeaseHolder, request: LeaseRequest): Promise<void>
  /** The revision in force with the updater; undefined without a connection. */
  readonly confirmedRevision: string | undefined
  /** Begins to connect to the updater, which admits one user only: to be called when this process is that user. What is asked before waits. */
  start(): void
  /** Tells the updater which policy will be answered by once it is in force there. To an updater that does not know it, this is reason to look at the zone files. */
  ready(revision: string): void
  /** Tells the updater by which revision queries are answered from now on. */
  answering(revision: string): void
  status(): LeasesStatus
  /** What the updater has counted; undefined: it is away, or does not say within a second. */
  figures(): Promise<Figures | undefined>
  /** Whatever still waits fails with LeaseError 'closed'. */
  close(): void
}

/** For a holder, and the client with that key. One object for all who look at it: there is one of each new name. */
interface Asked extends Waiting, Turn {
  hasBegun: boolean
  readonly holder: LeaseHolder
  readonly key: string
  resolve(): void
  reject(error: LeaseError): void
}

/** So many have numbers of their own; none waits until they begin anew. */
const IDS = 2 ** 32

export function createLeases(options: LeasesOptions): Leases {
  const { now } = options
  const failed: Record<LeaseFailure, number> = { revision: 0, policy: 0, address: 0, limit: 0, kernel: 0, deadline: 0, closed: 0 }
  const room = createWaitingRoom<Asked>(options.deadlineMs, now, (asked, error) => {
    if (error.reason === 'deadline') options.onDeadline(asked.request)
    fail(asked, error)
  })
  const turns = createTurns<Asked>(({ request }) => enqueue(request))
  const connection = connect(options.path, { onMessage: receive, onLost: disconnect })
  const desk = createFigureDesk(() => connection.send(FIGURES_LINE))
  let generation = NO_GENERATION
  let revision: string | undefined
  let answeringBy: string | undefined
  let unsent: OpenRequest[] = []
  let nextId = 0
  let opened = 0
  let unsentCount = 0

  function receive(message: UpdaterMessage): void {
    switch (message.kind) {
      case 'hello':
        generation = message.generation
        greet(message.revision)
        break
      case 'replies':
        message.replies.forEach(settle)
        break
      case 'revision':
        confirm(message.revision)
        break
      case 'next':
        options.onNext(message.revision)
        break
      case 'generation':
        generation = message.generation
        break
      case 'taken':
        options.onTaken(message.pid)
        break
      case 'in-use':
        options.onInUse(message.names)
        break
      case 'figures':
        desk.receive(message.figures)
    }
  }

  /** What an earlier connection left without a reply is asked again: opening twice does no harm. */
  function greet(announced: string): void {
    unsent = []
    revision = announced
    connection.send(encodeRequests(room.requests()))
    if (answeringBy !== undefined) connection.send(encodeAnswering(answeringBy))
    options.onState(true)
    options.onRevision(announced)
  }

  function confirm(announced: string): void {
    revision = announced
    options.onRevision(announced)
  }

  function disconnect(): void {
    const wasConnected = revision !== undefined
    revision = undefined
    desk.receive(undefined)
    if (wasConnected) options.onState(false)
  }

  function settle(reply: OpenReply): void {
    const asked = room.take(reply.id)
    if (asked === undefined) return
    if (reply.kind === 'open') {
      opened++
      // Counted from the question, not from the reply: the kernel's clock started somewhere between.
      noteOpen(asked.holder, asked.key, asked.since + reply.leaseSeconds * 1000, generation, now())
      end(asked)
      asked.resolve()
    } else fail(asked, new LeaseError(reply.reason, reply.message))
  }

  function fail(asked: Asked, error: LeaseError): void {
    failed[error.reason]++
    end(asked)
    asked.reject(error)
  }

  /** Nobody waits for it any more. */
  function end(asked: Asked): void {
    endUnderway(asked.holder, asked.key, asked.request.revision)
    turns.end(asked)
  }

  function ask(holder: LeaseHolder, key: string, wanted: LeaseRequest): Promise<void> {
    const { client, source, name, addresses, ttlSeconds, stale, revision } = wanted
    const request: OpenRequest = { id: nextId, client: source, name, addresses, ttlSeconds, stale, revision }
    nextId = (nextId + 1) % IDS
    const { payer } = client
    return new Promise((resolve, reject) => {
      const asked = { request, since: now(), payer, addresses: addresses.length, hasBegun: false, holder, key, resolve, reject }
      room.add(asked)
      turns.take(asked)
    })
  }

  /** All requests of one turn of the event loop leave in one batch, so that the updater commits them together. */
  function enqueue(request: OpenRequest): void {
    if (revision === undefined) return
    if (unsent.length === 0) setImmediate(flush)
    unsent.push(request)
  }

  function flush(): void {
    // What has waited too long for its turn has failed by now.
    const requests = unsent.filter(({ id }) => room.has(id))
    unsent = []
    if (revision !== undefined && requests.length > 0 && !connection.send(encodeRequests(requests))) unsentCount += requests.length
  }

  function open(holder: LeaseHolder, request: LeaseRequest): Promise<void> {
    const key = keyOf(request.client)
    const { revision } = request
    const underway = holder.underway?.get(key)
    if (underway?.revision === revision) return underway.opened
    const opened = ask(holder, key, request)
    holder.underway ??= new ByClient()
    holder.underway.set(key, { revision, opened })
    return opened
  }

  return {
    covers: (holder, client, until) => holder.generation === generation && (holder.openUntil.get(keyOf(client)) ?? 0) >= until,
    openUntil: (holder, client) => (holder.generation === generation ? holder.openUntil.get(keyOf(client)) : undefined),
    open,
    start: connection.start,
    get confirmedRevision() {
      return revision
    },
    ready: (next) => {
      if (revision !== undefined) connection.send(encodeReady(next))
    },
    answering: (current) => {
      answeringBy = current
      if (revision !== undefined) connection.send(encodeAnswering(current))
    },
    status: () => ({
      connected: revision !== undefined,
      revision,
      waiting: room.size,
      opened,
      unsent: unsentCount,
      failed,
      lastError: connection.lastError,
    }),
    figures: async () => (revision === undefined ? undefined : desk.ask()),
    close: () => {
      connection.close()
      room.close()
    },
  }
}

/** Sources that a prefix names share an id, but not their elements: what the elements carry tells them apart. */
function keyOf(client: LeaseClient): string {
  return client.addresses[0] ?? client.id
}
