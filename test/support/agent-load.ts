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
