import { ancestorsOf, type Name } from '../dns/name.ts'
import type { Endpoint } from '../net/endpoint.ts'
import { createBootstrap } from './bootstrap.ts'
import { createDirectory, type DirectoryOptions, type UpstreamSpec } from './directory.ts'
import { UpstreamError } from './error.ts'
import type { Question } from './question.ts'
import { type Exchange, race } from './race.ts'
import { createRoster } from './roster.ts'
import type { Server, ServerStatus } from './server.ts'

const MOST_IN_FLIGHT = 8_192

export type { Exchange } from './race.ts'

export interface Upstream {
  /** Asks the servers for the name until one answers. Throws UpstreamError, RcodeError or WireError. */
  exchange(question: Question): Promise<Exchange>
  /** Whether a name that was asked of us is our own probe, come back through a server that forwards to us; that server is then left out. */
  isLoopProbe(name: Name): boolean
  /** We now listen on these: they are never forwarded to. */
  avoid(ownEndpoints: readonly Endpoint[]): void
  /** The servers as the settings name them. */
  readonly labels: readonly string[]
  status(): UpstreamStatus
  close(): void
}

export interface UpstreamStatus {
  readonly inFlight: number
  /** `suffix`: asked for names at and below it alone; '': for all others. */
  readonly servers: readonly (ServerStatus & { readonly suffix: Name | ''; readonly forwardsToUs: boolean })[]
}

export interface UpstreamOptions extends Omit<DirectoryOptions, 'onSkipped' | 'bootstrap'> {
  /** Names at and below each are asked of its own servers, and of no others; the longest that fits counts. */
  readonly suffixes?: ReadonlyMap<Name, readonly UpstreamSpec[]>
  /** Plain servers that know the addresses of those given by name. */
  readonly bootstrap?: readonly UpstreamSpec[]
  readonly log: { warn(fields: object, message: string): void }
}

export function createUpstream({ log, suffixes = new Map(), bootstrap = [], ...options }: UpstreamOptions): Upstream {
  const onSkipped = (reason: string) => log.warn({}, `${reason}; left out`)
  const guides = createDirectory({ ...options, specs: bootstrap, onSkipped })
  const settings = { ...options, bootstrap: createBootstrap(() => guides.servers), onSkipped }
  const general = createGroup('', options.specs)
  const special = new Map([...suffixes].map(([suffix, specs]) => [suffix, createGroup(suffix, specs)]))
  const groups = [general, ...special.values()]
  let inFlight = 0

  function createGroup(suffix: Name | '', specs: readonly UpstreamSpec[]) {
    const directory = createDirectory({ ...settings, specs })
    const onLoop = (server: string) => log.warn({ server }, 'upstream forwards back to sallyport; left out for a minute')
    return { suffix, directory, roster: createRoster(directory, onLoop) }
  }

  function groupFor(name: Name) {
    if (special.size === 0) return general
    const exact = special.get(name)
    if (exact !== undefined) return exact
    for (const ancestor of ancestorsOf(name)) {
      const group = special.get(ancestor)
      if (group !== undefined) return group
    }
    return general
  }

  function exchange(question: Question): Promise<Exchange> {
    if (inFlight >= MOST_IN_FLIGHT) return Promise.reject(new UpstreamError('overload', `${MOST_IN_FLIGHT} queries are in flight already`))
    inFlight += 1
    return race(groupFor(question.name).roster, question, hasEnded)
  }

  function hasEnded(): void {
    inFlight -= 1
  }

  return {
    exchange,
    isLoopProbe: (name) => groups.some(({ roster }) => roster.isLoopProbe(name)),
    avoid: (endpoints) => {
      for (const directory of [guides, ...groups.map((group) => group.directory)]) directory.avoid(endpoints)
    },
    get labels() {
      return general.directory.servers.map(({ label }) => label)
    },
    status: () => ({
      inFlight,
      servers: groups.flatMap(({ suffix, directory, roster }) =>
        directory.servers.map((server: Server) => ({ ...server.status(), suffix, forwardsToUs: !roster.isUsable(server) })),
      ),
    }),
    close: () => {
      for (const directory of [guides, ...groups.map((group) => group.directory)]) directory.close()
    },
  }
}
