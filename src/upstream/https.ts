import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type { buildConnector, Client } from 'undici'
import { connectSecurely } from './connect.ts'
import { UpstreamError } from './error.ts'
import { judgeReply } from './judge.ts'
import type { SecurePlace } from './place.ts'
import { composeQuery, type Question } from './question.ts'
import { createEncryptedServer, createServerCounters, type Server } from './server.ts'

/** In the order of preference. */
const PROTOCOLS = ['h2', 'http/1.1']
const MEDIA_TYPE = 'application/dns-message'
const MOST_MESSAGE_OCTETS = 65_535
/** Streams of one connection at a time; more wait for their turn. */
const MOST_STREAMS = 100
const IDLE_MS = 30_000
/** The same for every query, so that caches on the way could serve it (RFC 8484 section 4.1). */
const QUERY_ID = 0

/** A server asked over HTTPS (RFC 8484), by HTTP/2 where it can: its name is checked, the connection kept, queries are padded. */
export function createHttpsServer(label: string, place: SecurePlace & { readonly path: string }): Server {
  const counters = createServerCounters()
  const host = isIP(place.name) === 6 ? `[${place.name}]` : place.name
  const client = openClient(`https://${host}:${place.port}`, {
    allowH2: true,
    maxConcurrentStreams: MOST_STREAMS,
    pipelining: MOST_STREAMS,
    keepAliveTimeout: IDLE_MS,
    connect: connectorFor(place),
  })

  async function ask(question: Question, timeoutMs: number): Promise<Uint8Array> {
    const query = composeQuery(question, { id: QUERY_ID, randomizeCase: false, padded: true })
    const message = await post(query, timeoutMs)
    const judgement = judgeReply(message, query)
    if (judgement === 'wrong') counters.wrong += 1
    if (judgement === 'wrong' || judgement === 'truncated') throw new UpstreamError('network', `${label}: ${judgement} answer`)
    return message
  }

  async function post(query: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const headers = { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE }
      const { statusCode, headers: said, body } = await client.request({ path: place.path, method: 'POST', headers, body: query, signal })
      if (statusCode === 200 && said['content-type'] === MEDIA_TYPE) return await readMessage(body)
      await body.dump()
      throw new UpstreamError('network', `${label}: expected status 200 and ${MEDIA_TYPE}, got ${statusCode} and ${said['content-type']}`)
    } catch (error) {
      if (error instanceof UpstreamError) throw error
      if (signal.aborted) throw new UpstreamError('timeout', `no answer from ${label} in ${timeoutMs} ms`)
      throw new UpstreamError('network', `${label}: ${(error as Error).message}`, { cause: error })
    }
  }

  /** undici bounds what it reads over HTTP/1.1 alone (`maxResponseSize`). */
  async function readMessage(body: AsyncIterable<Buffer>): Promise<Uint8Array> {
    const chunks: Buffer[] = []
    let octets = 0
    for await (const chunk of body) {
      octets += chunk.length
      if (octets > MOST_MESSAGE_OCTETS) throw new UpstreamError('network', `${label}: an answer of more than ${MOST_MESSAGE_OCTETS} octets`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  return createEncryptedServer(label, counters, { ask, close: () => void client.destroy() })
}

/**
 * Loaded with the first server that is asked so: it takes as long as all else that a resolver needs. At once, and with the parser that
 * undici itself loads at its first answer: a process that has given up root may be unable to read the program's files, and to find them.
 */
function openClient(...parameters: ConstructorParameters<typeof Client>): Client {
  const load = createRequire(import.meta.url)
  const undici = load('undici') as typeof import('undici')
  createRequire(load.resolve('undici/lib/dispatcher/client-h1.js'))('../llhttp/llhttp_simd-wasm.js')
  return new undici.Client(...parameters)
}

/** A certificate that does not fit fails like any other error: on its own code undici 7 trips over an assertion when asked again. */
function connectorFor(place: SecurePlace): buildConnector.connector {
  let connections = 0
  return (_options, done) => {
    connectSecurely(place, connections++, PROTOCOLS).then(
      (socket) => done(null, socket),
      (cause: Error) => done(new Error(cause.message, { cause }), null),
    )
  }
}
