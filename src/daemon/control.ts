// The control socket: HTTP over a Unix socket that only its owner may open. JSON out, and where a route takes it, JSON in.

import { existsSync, rmSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type PeerCredentials, peerCredentials } from '../linux/peer.ts'
import { http } from './http.ts'
import { StartError } from './start-error.ts'

/** Answers to GET by path; what a route returns is sent as JSON. */
export type Routes = Readonly<Record<string, (parameters: URLSearchParams) => unknown>>

/** What can be changed: "/clients/reviewer-7" is the member "reviewer-7" of the collection "/clients". */
export interface Collection {
  /** `by`: the process that calls. */
  put(name: string, value: unknown, by: PeerCredentials): Promise<unknown>
  remove(name: string, by: PeerCredentials): Promise<unknown>
}

export interface Control {
  close(): void
}

/** The call cannot be served; the message says why. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  /** Of HTTP. */
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** What its socket is not to be: for anybody but its owner. */
const OTHERS = 0o177
const MOST_BODY_OCTETS = 4 * 1024 * 1024
const LATEST_ANSWER_MS = 2_000

/** Listens at `path`. A socket file that a crash left is replaced; one that answers is an error. */
export async function startControl(path: string, routes: Routes, collections: Readonly<Record<string, Collection>> = {}): Promise<Control> {
  if (await isAnswered(path)) throw new StartError(`another process answers at ${path}; stop it, or choose another state folder (--state)`)
  rmSync(path, { force: true })
  const server = http.createServer((query, response) => void answer(routes, collections, query, response))
  await listenPrivately(server, path)
  server.unref()
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The socket is made at once as it is to be: nobody comes in before its mode is set. */
function listenPrivately(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (cause: Error): void =>
    reject(new StartError(`cannot listen at ${path}: ${cause.message}; mend that, or choose another state folder (--state)`, { cause }))
  const usual = process.umask(OTHERS)
  try {
    server.once('error', fail).listen(path, resolve)
  } finally {
    process.umask(usual)
  }
  return promise
}

/** The one catch: whatever a caller sends, the process goes on. */
async function answer(routes: Routes, collections: Readonly<Record<string, Collection>>, query: IncomingMessage, response: ServerResponse) {
  try {
    send(response, 200, await serve(routes, collections, query))
  } catch (error) {
    send(response, error instanceof ControlError ? error.status : 500, { error: (error as Error).message })
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify(value)}\n`)
}

async function serve(routes: Routes, collections: Readonly<Record<string, Collection>>, query: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = URL.parse(query.url ?? '/', 'http://control') ?? refuse(query)
  const route = query.method === 'GET' ? routes[pathname] : undefined
  if (route !== undefined) return route(searchParams)
  if (routes[pathname] !== undefined) throw new ControlError(405, `${pathname} takes GET, not ${query.method}`)
  const slash = pathname.lastIndexOf('/')
  const collection = collections[pathname.slice(0, slash)]
  const name = pathname.slice(slash + 1)
  if (collection === undefined || name === '') throw new ControlError(404, `no such path: ${query.method} ${pathname}`)
  // Before anything is waited for: a caller that has hung up by then is nobody.
  const by = peerCredentials(query.socket)
  if (query.method === 'PUT') return collection.put(name, await readJson(query), by)
  if (query.method === 'DELETE') return collection.remove(name, by)
  throw new ControlError(405, `${pathname} takes PUT and DELETE, not ${query.method}`)
}

function refuse({ method, url }: IncomingMessage): never {
  throw new ControlError(404, `no such path: ${method} ${url}`)
}

async function readJson(query: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  let octets = 0
  // What is left unread does not end the connection, or its sender would not hear why.
  for await (const piece of query.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    octets += piece.length
    if (octets > MOST_BODY_OCTETS) throw new ControlError(413, `the body is longer than ${MOST_BODY_OCTETS} octets`)
    pieces.push(piece)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString())
  } catch (cause) {
    throw new ControlError(400, `expected JSON: ${(cause as Error).message}`, { cause })
  }
}

/** Somebody listens there and does not answer. */
export class SilentError extends StartError {}

/** What a control socket says; undefined if nobody listens there. Throws StartError if it may not be asked, SilentError if it does not answer in time. */
export function askControl(path: string, target: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const query = http.request({ socketPath: path, path: target, timeout: LATEST_ANSWER_MS }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(pieces).toString())))
      response.on('error', reject)
    })
    query.on('timeout', () => query.destroy(new Error(`no answer in ${LATEST_ANSWER_MS} ms`)))
    query.on('error', (error: NodeJS.ErrnoException) => (isNobody(error) ? resolve(undefined) : reject(unanswered(path, error))))
    query.end()
  })
}

async function isAnswered(path: string): Promise<boolean> {
  // Node's client of HTTP is loaded only where there is something to ask.
  return existsSync(path) && (await askControl(path, '/')) !== undefined
}

function unanswered(path: string, cause: NodeJS.ErrnoException): StartError {
  if (cause.code !== 'EACCES') return new SilentError(`cannot ask ${path}: ${cause.message}`, { cause })
  return new StartError(`cannot ask ${path}: ${cause.message}; ask as root, or as the user who runs sallyport`, { cause })
}

function isNobody(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR'
}
