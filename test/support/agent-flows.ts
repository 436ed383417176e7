// Connections that an agent holds open between two calls.
import { connect, createServer, type Socket } from 'node:net'

const flows = new Map<number, Socket>()
let lastFlow = 0

/** Opens a TCP connection and keeps it; returns its number after the server's greeting. */
export function openFlow({
  address,
  port,
  source,
}: {
  readonly address: string
  readonly port: number
  readonly source?: string
}): Promise<number> {
  const socket = connect({ host: address, port, ...(source === undefined ? {} : { localAddress: source }) })
  const flow = ++lastFlow
  flows.set(flow, socket)
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('data', () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(flow)
    })
  })
}

/** Sends a line on an open connection and returns what comes back: the line itself, an error code, 'closed' or 'timeout'. */
export function talk({
  flow,
  line,
  timeoutMs = 1_000,
}: {
  readonly flow: number
  readonly line: string
  readonly timeoutMs?: number
}): Promise<string> {
  const socket = flows.get(flow)!
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => finish(error.code ?? 'error')
    const finish = (outcome: string): void => {
      clearTimeout(timer)
      socket.removeAllListeners('data').removeAllListeners('close').off('error', failed)
      resolve(outcome)
    }
    const timer = setTimeout(() => finish('timeout'), timeoutMs)
    if (socket.destroyed) return finish('closed')
    socket.on('close', () => finish('closed'))
    socket.once('error', failed)
    socket.on('data', (chunk) => finish(chunk.toString().trim()))
    socket.write(`${line}\n`)
  })
}

export function closeFlow({ flow }: { readonly flow: number }): void {
  flows.get(flow)?.destroy()
  flows.delete(flow)
}

/** Accepts one connection on the port and resolves with whom it came from; 'none' when the time is over. */
export function acceptOne({ port, timeoutMs }: { readonly port: number; readonly timeoutMs: number }): Promise<string> {
  const server = createServer()
  return new Promise((resolve) => {
    const finish = (outcome: string): void => {
      clearTimeout(timer)
      server.close()
      resolve(outcome)
    }
    const timer = setTimeout(() => finish('none'), timeoutMs)
    server.on('connection', (socket) => {
      finish(String(socket.remoteAddress))
      socket.destroy()
    })
    server.listen({ port, host: '::' })
  })
}

export interface Listening {
  /** Octets that have come. */
  readonly octets: number
  /** How it ended: an error code or 'closed'; undefined: it has not. */
  readonly end: string | undefined
}

const listening = new Map<number, { octets: number; end: string | undefined }>()

/** Opens a TCP connection on which the other side keeps sending, and counts what comes. */
export async function listenTo({ address, port }: { readonly address: string; readonly port: number }): Promise<number> {
  const flow = await openFlow({ address, port })
  const state: { octets: number; end: string | undefined } = { octets: 0, end: undefined }
  listening.set(flow, state)
  flows
    .get(flow)!
    .on('data', (chunk) => {
      state.octets += chunk.length
    })
    .on('error', (error: NodeJS.ErrnoException) => {
      state.end ??= error.code ?? 'error'
    })
    .on('close', () => {
      state.end ??= 'closed'
    })
  return flow
}

export function heardOn({ flow }: { readonly flow: number }): Listening {
  return { ...listening.get(flow)! }
}

/** Sends without waiting for anything to come back. */
export function shout({ flow }: { readonly flow: number }): void {
  flows.get(flow)!.write('hello?\n')
}

/** Serves TCP connections on all addresses by sending without end, whether or not anything comes. */
export function servePushing({ port, everyMs }: { readonly port: number; readonly everyMs: number }): Promise<void> {
  const server = createServer((socket) => {
    const pushing = setInterval(() => socket.write('more\n'), everyMs)
    socket.on('error', () => undefined).on('close', () => clearInterval(pushing))
    socket.resume()
  })
  return new Promise((resolve) => server.listen({ port, host: '::' }, () => resolve()))
}
