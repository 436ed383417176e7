import type { Name } from '../dns/name.ts'
import { rcodeOf } from '../dns/response.ts'
import { RCODE } from '../dns/vocabulary.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { createDirectory, type DirectoryOptions } from './directory.ts'
import { UpstreamError } from './error.ts'
import type { Question } from './question.ts'
import { createRoster } from './roster.ts'
import type { Server, ServerStatus } from './server.ts'

/** Together shorter than the 5 s after which stub resolvers ask again; each long enough for a server that must look far. */
const TRY_TIMEOUTS_MS = [600, 900, 1_300, 1_700] as const
const MOST_IN_FLIGHT = 8_192

/** An answer of an upstream: complete, and matched to what was asked. */
export interface Exchange {
  readonly message: Uint8Array
  readonly server: string
  readonly milliseconds: number
}

export interface Upstream {
  /** Asks one server after the other until one answers. Throws UpstreamError. */
  exchange(question: Question): Promise<Exchange>
  /** Whether a name that was asked of us is our own probe, come back through a server that forwards to us; that server is then left out. */
  isLoopProbe(name: Name): boolean
  /** We now listen on these: they are never forwarded to. */
  avoid(ownEndpoints: readonly Endpoint[]): void
  readonly endpoints: readonly Endpoint[]
  status(): UpstreamStatus
  close(): void
}

export interface UpstreamStatus {
  readonly inFlight: number
  readonly servers: readonly (ServerStatus & { readonly forwardsToUs: boolean })[]
}

export interface UpstreamOptions extends Omit<DirectoryOptions, 'onSkipped'> {
  readonly log: { warn(fields: object, message: string): void }
}

export function createUpstream({ log, ...options }: UpstreamOptions): Upstream {
  const directory = createDirectory({ ...options, onSkipped: (reason) => log.warn({}, `${reason}; left out`) })
  const roster = createRoster(directory, (server) => log.warn({ server }, 'upstream forwards back to sallyport; left out for a minute'))
  let inFlight = 0

  async function exchange(question: Question): Promise<Exchange> {
    if (inFlight >= MOST_IN_FLIGHT) throw new UpstreamError('overload', `${MOST_IN_FLIGHT} queries are in flight already`)
    inFlight += 1
    try {
      return await askInTurn(question)
    } finally {
      inFlight -= 1
    }
  }

  /** A server that cannot say (SERVFAIL, REFUSED) has its word only if no other does better. */
  async function askInTurn(question: Question): Promise<Exchange> {
    let poor: Exchange | undefined
    let failure = new UpstreamError('no-server', 'no upstream to ask')
    const candidates = roster.candidates()
    for (const [attempt, timeoutMs] of TRY_TIMEOUTS_MS.entries()) {
      const server = candidates[attempt % candidates.length]
      if (server === undefined || (poor !== undefined && attempt >= candidates.length)) break
      if (!roster.isUsable(server)) continue
      const outcome = await tryServer(server, question, timeoutMs)
      if (outcome instanceof UpstreamError) failure = outcome
      else if (isConclusive(outcome.message)) return outcome
      else poor = outcome
    }
    if (poor === undefined) throw failure
    return poor
  }

  async function tryServer(server: Server, question: Question, timeoutMs: number): Promise<Exchange | UpstreamError> {
    const startedAt = performance.now()
    try {
      const message = await server.exchange(question, timeoutMs)
      roster.hasAnswered(server)
      return { message, server: formatEndpoint(server.endpoint), milliseconds: performance.now() - startedAt }
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
      if (error.kind === 'timeout') roster.wasSilent(server)
      return error
    }
  }

  return {
    exchange,
    isLoopProbe: roster.isLoopProbe,
    avoid: directory.avoid,
    get endpoints() {
      return directory.servers.map(({ endpoint }) => endpoint)
    },
    status: () => ({
      inFlight,
      servers: directory.servers.map((server) => ({ ...server.status(), forwardsToUs: !roster.isUsable(server) })),
    }),
    close: directory.close,
  }
}

function isConclusive(message: Uint8Array): boolean {
  const rcode = rcodeOf(message)
  return rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN
}
