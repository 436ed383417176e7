// The control socket: HTTP over a Unix socket that only its owner may open. JSON out, nothing in.

import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { StartError } from './start-error.ts'

/** Answers by path; what a route returns is sent as JSON. */
export type Routes = Readonly<Record<string, (parameters: URLSearchParams) => unknown>>

export interface Control {
  close(): void
}

const OWNER_ONLY = 0o600
const LATEST_ANSWER_MS = 2_000

/** Listens at `path`. A socket file that a crash left is replaced; one that answers is an error. */
export async function startControl(path: string, routes: Routes): Promise<Control> {
  if (await isAnswered(path)) throw new StartError(`another process answers at ${path}; stop it, or choose another state folder (--state)`)
  rmSync(path, { force: true })
  const server = createServer((query, response) => answer(routes, query, response))
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(path, listening))
  chmodSync(path, OWNER_ONLY)
  server.unref()
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(routes: Routes, query: IncomingMessage, response: ServerResponse): void {
  const url = new URL(query.url ?? '/', 'http://control')
  const route = query.method === 'GET' ? routes[url.pathname] : undefined
  response.setHeader('content-type', 'application/json')
  response.statusCode = route === undefined ? 404 : 200
  response.end(JSON.stringify(route === undefined ? { error: `no such path ${url.pathname}` } : route(url.searchParams)))
}

/** What a control socket says; undefined if nobody listens there. Throws StartError if it may not be asked, or does not answer in time. */
export function askControl(path: string, target: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const query = request({ socketPath: path, path: target, timeout: LATEST_ANSWER_MS }, (response) => {
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
  return (await askControl(path, '/')) !== undefined
}

function unanswered(path: string, cause: NodeJS.ErrnoException): StartError {
  const mend = cause.code === 'EACCES' ? '; ask as root, or as the user who runs sallyport' : ''
  return new StartError(`cannot ask ${path}: ${cause.message}${mend}`, { cause })
}

function isNobody(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR'
}
