// Where metrics are read: one path over HTTP, and nothing comes in.

import { chmodSync, chownSync, lstatSync, rmSync } from 'node:fs'
import type { Server, ServerResponse } from 'node:http'
import type { Config } from '../config/config.ts'
import { capabilitiesOf } from '../linux/privilege.ts'
import { formatEndpoint } from '../net/endpoint.ts'
import { isAnswered } from '../updater/socket.ts'
import type { Family } from './family.ts'
import { http } from './http.ts'
import type { Standing } from './standing.ts'
import { StartError } from './start-error.ts'

export interface MetricsListener {
  close(): void
}

/** A scraper or two, and whoever looks with curl. */
const MOST_CONNECTIONS = 16
const LATEST_REQUEST_MS = 5_000
const OWNER_AND_GROUP = 0o660

/** Undefined: it is off. A socket file is for the user and group that the process becomes. Throws StartError where it cannot listen. */
export async function serveMetrics(
  { metrics: { listen } }: Config,
  standing: Standing,
  read: () => Promise<readonly Family[]>,
): Promise<MetricsListener | undefined> {
  if (listen.kind === 'off') return undefined
  const { formatMetrics, METRICS_TYPE } = await import('./metrics.ts')
  const answer = async (response: ServerResponse): Promise<void> => {
    const text = await formatMetrics(await read())
    response.setHeader('content-type', METRICS_TYPE).end(text)
  }
  const server = http.createServer({ requestTimeout: LATEST_REQUEST_MS, headersTimeout: LATEST_REQUEST_MS }, (query, response) => {
    if (query.method === 'GET' && query.url === '/metrics') void answer(response)
    else response.writeHead(404).end('GET /metrics\n')
  })
  server.maxConnections = MOST_CONNECTIONS
  if (listen.kind === 'socket') await listenAtSocket(server, listen.path, standing)
  else await listenAt(server, formatEndpoint(listen.endpoint), { host: listen.endpoint.address, port: listen.endpoint.port })
  server.unref()
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A socket file that a crash left is replaced; one that answers, and a file that is no socket, are errors. */
async function listenAtSocket(server: Server, path: string, standing: Standing): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false)
    throw new StartError(`metrics.listen: ${path} is there and is no socket; remove it, or choose another path`)
  if (await isAnswered(path)) throw new StartError(`another process answers at ${path}; stop it, or choose another metrics.listen`)
  rmSync(path, { force: true })
  await listenAt(server, path, { path })
  chmodSync(path, OWNER_AND_GROUP)
  if (standing.kind === 'drop' && capabilitiesOf('self').effective.includes('chown'))
    chownSync(path, standing.identity.uid, standing.identity.gid)
}

function listenAt(server: Server, label: string, options: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', (cause) =>
      failed(new StartError(`cannot serve metrics at ${label}: ${cause.message}; choose another metrics.listen`, { cause })),
    )
    server.listen(options, listening)
  })
}
