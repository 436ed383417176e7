// Many names, as a program inside a sandbox would use them: the system's resolver (getaddrinfo), then a connection at once.
import { lookup } from 'node:dns'
import { lookup as lookupNow } from 'node:dns/promises'
import { connect, type LookupFunction } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface Visit {
  readonly name: string
  /** 'connected', or the error code of lookup or connection. */
  readonly outcome: string
  readonly milliseconds: number
  /** When it began, on the machine's monotonic clock (ms). */
  readonly startedAt: number
}

/** Resolves and connects to each name with nothing between the two steps, `parallel` names at a time. */
export async function visit(request: {
  readonly names: readonly string[]
  readonly port: number
  readonly parallel: number
}): Promise<Visit[]> {
  const waiting = [...request.names]
  const visits: Visit[] = []
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) visits.push(await visitOne(name, request.port))
  }
  await Promise.all(Array.from({ length: request.parallel }, worker))
  return visits
}

function visitOne(name: string, port: number): Promise<Visit> {
  const startedAt = performance.timeOrigin + performance.now()
  const socket = connect({ host: name, port, lookup: lookup as LookupFunction, autoSelectFamily: false })
  return new Promise((resolve) => {
    const finish = (outcome: string): void => {
      resolve({ name, outcome, milliseconds: performance.timeOrigin + performance.now() - startedAt, startedAt })
      socket.destroy()
    }
    socket.setTimeout(8_000, () => finish('timeout'))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('connect', () => finish('connected'))
  })
}

/** What the system's resolver says: addresses, or the error code in a list of its own. */
export async function resolveName({ name, family = 0 }: { readonly name: string; readonly family?: 0 | 4 | 6 }): Promise<string[]> {
  try {
    return (await lookupNow(name, { all: true, family })).map(({ address }) => address)
  } catch (error) {
    return [(error as NodeJS.ErrnoException).code ?? 'error']
  }
}

let rounds: Promise<Visit[]> | undefined
let stopping = false

/** Begins to visit the names over and over, one round every `everyMs`. */
export function startVisiting(request: { readonly names: readonly string[]; readonly port: number; readonly everyMs: number }): void {
  stopping = false
  rounds = visitUntilStopped(request)
}

/** Ends that, and returns every visit. */
export async function stopVisiting(): Promise<Visit[]> {
  stopping = true
  return (await rounds) ?? []
}

async function visitUntilStopped(request: {
  readonly names: readonly string[]
  readonly port: number
  readonly everyMs: number
}): Promise<Visit[]> {
  const visits: Visit[] = []
  while (!stopping) {
    visits.push(...(await visit({ names: request.names, port: request.port, parallel: request.names.length })))
    await pause(request.everyMs)
  }
  return visits
}

export interface Connected {
  readonly attempts: number
  readonly seconds: number
  readonly longestMs: number
  /** How often each outcome was: 'connected', or an error code. */
  readonly outcomes: Readonly<Record<string, number>>
}

let connecting:
  | { readonly timer: NodeJS.Timeout; readonly start: number; readonly attempts: Promise<void>[]; readonly result: Tally }
  | undefined

interface Tally {
  longestMs: number
  readonly outcomes: Record<string, number>
}

/** Begins to open connections to the addresses in turn, so many a second, each closed again at once. */
export function startConnecting(request: {
  readonly addresses: readonly string[]
  readonly port: number
  readonly perSecond: number
}): void {
  const start = performance.now()
  const attempts: Promise<void>[] = []
  const result: Tally = { longestMs: 0, outcomes: {} }
  const begin = (): void => {
    const due = ((performance.now() - start) / 1000) * request.perSecond
    while (attempts.length < due) {
      attempts.push(connectOnce(request.addresses[attempts.length % request.addresses.length]!, request.port, result))
    }
  }
  connecting = { timer: setInterval(begin, 2), start, attempts, result }
}

/** Ends that, and tells what came of it once the last attempt is over. */
export async function stopConnecting(): Promise<Connected> {
  const { timer, start, attempts, result } = connecting!
  clearInterval(timer)
  const seconds = (performance.now() - start) / 1000
  await Promise.all(attempts)
  return { attempts: attempts.length, seconds, ...result }
}

function connectOnce(host: string, port: number, result: Tally): Promise<void> {
  const start = performance.now()
  const socket = connect({ host, port })
  return new Promise((resolve) => {
    const finish = (outcome: string): void => {
      result.longestMs = Math.max(result.longestMs, performance.now() - start)
      result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1
      // A reset leaves no TIME_WAIT behind, of which there are only so many ports.
      socket.resetAndDestroy()
      resolve()
    }
    socket.setTimeout(3_000, () => finish('timeout'))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.once('connect', () => finish('connected'))
  })
}
