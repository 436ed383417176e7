// What an agent can do inside its namespace. Only values that JSON can carry go in and out.
import { createSocket } from 'node:dgram'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import * as flows from './agent-flows.ts'
import * as load from './agent-load.ts'
import * as queries from './agent-queries.ts'
import { speak } from './agent-socket.ts'
import * as storm from './agent-storm.ts'

/** 'connected', or the error code, or 'timeout'. */
export interface ConnectOutcome {
  readonly outcome: string
  readonly milliseconds: number
}

export interface ConnectRequest {
  readonly address: string
  readonly port: number
  readonly source?: string
  readonly timeoutMs?: number
}

export interface ExchangeRequest {
  readonly server: string
  readonly port?: number
  readonly hex: string
  readonly tcp?: boolean
  readonly source?: string
  /** Of UDP. */
  readonly sourcePort?: number
  readonly timeoutMs?: number
}

export interface ExchangeOutcome {
  readonly hex: string | undefined
  readonly milliseconds: number
  /** Why there is no reply: 'timeout', or the error code. */
  readonly failure: string | undefined
}

export function connect(request: ConnectRequest): Promise<ConnectOutcome> {
  const start = performance.now()
  const { address: host, port, source, timeoutMs = 2_000 } = request
  const socket = connectSocket({ host, port, ...(source ? { localAddress: source } : {}) })
  return new Promise((resolve) => {
    const finish = (outcome: string): void => {
      resolve({ outcome, milliseconds: performance.now() - start })
      socket.destroy()
    }
    socket.setTimeout(timeoutMs, () => finish('timeout'))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('connect', () => finish('connected'))
  })
}

export function exchange(request: ExchangeRequest): Promise<ExchangeOutcome> {
  return request.tcp ? exchangeTcp(request) : exchangeUdp(request)
}

function exchangeUdp({ server, port = 53, hex, source, sourcePort = 0, timeoutMs = 4_000 }: ExchangeRequest): Promise<ExchangeOutcome> {
  const start = performance.now()
  const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    const finish = (reply: string | undefined, failure?: string): void => {
      clearTimeout(timer)
      socket.close()
      resolve({ hex: reply, milliseconds: performance.now() - start, failure })
    }
    const timer = setTimeout(() => finish(undefined, 'timeout'), timeoutMs)
    socket.on('error', (error: NodeJS.ErrnoException) => finish(undefined, error.code))
    socket.on('message', (message) => finish(message.toString('hex')))
    socket.bind({ address: source, port: sourcePort }, () => socket.connect(port, server, () => socket.send(Buffer.from(hex, 'hex'))))
  })
}

function exchangeTcp({ server, port = 53, hex, source, timeoutMs = 4_000 }: ExchangeRequest): Promise<ExchangeOutcome> {
  const start = performance.now()
  const socket = connectSocket({ host: server, port, ...(source ? { localAddress: source } : {}) })
  const query = Buffer.from(hex, 'hex')
  let received = Buffer.alloc(0)
  return new Promise((resolve) => {
    const finish = (reply: string | undefined, failure?: string): void => {
      resolve({ hex: reply, milliseconds: performance.now() - start, failure })
      socket.destroy()
    }
    socket.setTimeout(timeoutMs, () => finish(undefined, 'timeout'))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(undefined, error.code))
    socket.on('close', () => finish(undefined, 'closed'))
    socket.on('connect', () => socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query])))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) finish(received.subarray(2).toString('hex'))
    })
  })
}

/** Accepts on every address of the namespace, greets with the address reached, and sends back what comes in. */
export async function serve({ ports }: { readonly ports: readonly number[] }): Promise<void> {
  await Promise.all(ports.map((port) => listen(port)))
}

function listen(port: number): Promise<void> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => socket.destroy())
    socket.write(`${plain(socket.localAddress)} sees ${plain(socket.remoteAddress)}\n`)
    socket.pipe(socket)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '::', backlog: 4096 }, () => resolve())
  })
}

function plain(address = ''): string {
  return address.replace('::ffff:', '')
}

/** Sends datagrams back to whoever sent them, from that address and port. */
export function serveDatagrams({ address, port }: { readonly address: string; readonly port: number }): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (message, { address: from, port: fromPort }) => socket.send(message, fromPort, from))
  return new Promise((resolve) => socket.bind(port, address, () => resolve()))
}

export const operations = { connect, exchange, serve, serveDatagrams, speak, ...flows, ...load, ...queries, ...storm }
