// The sockets of clients, as endpoints come and go.

import { canBatch } from '../linux/datagram/batch.ts'
import type { Resolver } from '../resolver/resolver.ts'
import { createServerCounters, type ServerCounters } from './counters.ts'
import { ListenError, type ServerEndpoint, showEndpoint } from './endpoint.ts'
import { createGate, type GateLimits } from './gate.ts'
import { KEEPS_NOTHING, type SocketKeeper } from './keeper.ts'
import { type Listener, listen } from './listener.ts'
import { type ClientOf, createReception } from './reception.ts'
import type { Service } from './service.ts'

export { ListenError, type ServerEndpoint } from './endpoint.ts'

export interface ServerOptions {
  readonly resolver: Pick<Resolver, 'answer' | 'resolve'>
  readonly clientOf: ClientOf
  /** A bug: the client got SERVFAIL. */
  onError(error: Error): void
  readonly limits?: Partial<ServerLimits>
  /** Whether datagrams are read and sent in batches, where the machine can; otherwise one by one, as Node does it. True unless told. */
  readonly batches?: boolean
  /** Nobody unless told. */
  readonly keeper?: SocketKeeper
}

export interface ServerLimits {
  /** Queries that wait for upstream or updater. */
  readonly queries: GateLimits
  /** TCP connections. */
  readonly connections: GateLimits
  /** A TCP connection without queries in flight is closed after this (RFC 7766 section 6.2.3: a few seconds). */
  readonly idleMs: number
}

const DEFAULT_LIMITS: ServerLimits = {
  queries: { mostInAll: 10_000, mostPerClient: 1_000 },
  connections: { mostInAll: 1_000, mostPerClient: 100 },
  idleMs: 10_000,
}

export interface Server {
  /** Opens what is new and closes what is gone. Resolves with what could not be opened; the others serve. Call again to retry. */
  setEndpoints(endpoints: readonly ServerEndpoint[]): Promise<readonly ListenError[]>
  /** Those that are open, with the ports they really have. */
  readonly endpoints: readonly ServerEndpoint[]
  readonly counters: Readonly<ServerCounters>
  close(): Promise<void>
}

export function createServer(options: ServerOptions): Server {
  const service = createService(options)
  const listeners = new Map<string, Listener>()
  let lastChange: Promise<unknown> = Promise.resolve()

  /** Changes follow one another, so that no endpoint is opened twice. */
  function setEndpoints(endpoints: readonly ServerEndpoint[]): Promise<readonly ListenError[]> {
    const change = lastChange.then(() => replaceEndpoints(endpoints))
    lastChange = change.catch(() => {})
    return change
  }

  async function replaceEndpoints(endpoints: readonly ServerEndpoint[]): Promise<readonly ListenError[]> {
    const wanted = new Map(endpoints.map((endpoint) => [showEndpoint(endpoint), endpoint]))
    const gone = [...listeners.keys()].filter((key) => !wanted.has(key))
    await Promise.all(gone.map(removeListener))
    const missing = [...wanted].filter(([key]) => !listeners.has(key))
    const outcomes = await Promise.all(missing.map(([key, endpoint]) => openListener(key, endpoint)))
    return outcomes.filter((outcome) => outcome !== undefined)
  }

  async function openListener(key: string, endpoint: ServerEndpoint): Promise<ListenError | undefined> {
    try {
      listeners.set(key, await listen(endpoint, service))
      return undefined
    } catch (error) {
      if (error instanceof ListenError) return error
      throw error
    }
  }

  async function removeListener(key: string): Promise<void> {
    const listener = listeners.get(key)!
    listeners.delete(key)
    await listener.close()
    service.keeper.release(listener.endpoint)
  }

  /** What is kept stays with its keeper. */
  async function close(): Promise<void> {
    await lastChange
    await Promise.all([...listeners.values()].map((listener) => listener.close()))
    listeners.clear()
  }

  return {
    setEndpoints,
    get endpoints() {
      return [...listeners.values()].map(({ endpoint }) => endpoint)
    },
    counters: service.counters,
    close,
  }
}

function createService({ resolver, clientOf, onError, limits, batches = true, keeper = KEEPS_NOTHING }: ServerOptions): Service {
  const { queries, connections, idleMs } = { ...DEFAULT_LIMITS, ...limits }
  const counters = createServerCounters()
  const reception = createReception({ resolver, clientOf, gate: createGate(queries), counters, onError })
  return { reception, counters, connections: createGate(connections), idleMs, batches: batches && canBatch, keeper }
}
