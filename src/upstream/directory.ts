import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import { watchFiles } from './file-change.ts'
import { isOwnEndpoint } from './own.ts'
import { type ResolvConfFiles, readSystemServers, SYSTEM_FILES } from './resolv-conf.ts'
import { createServer, type Server } from './server.ts'

const SYSTEM_CHECK_MS = 2_000

export type UpstreamSpec = { readonly kind: 'plain'; readonly endpoint: Endpoint } | { readonly kind: 'system' }

export interface DirectoryOptions {
  readonly specs: readonly UpstreamSpec[]
  /** What we listen on: never forwarded to. */
  readonly ownEndpoints: readonly Endpoint[]
  readonly systemFiles?: ResolvConfFiles
  /** How often those files are looked at. */
  readonly checkMs?: number
  /** Says once what is left out and why. */
  readonly onSkipped: (reason: string) => void
}

/** The servers that the settings stand for, in their order; what `system` means is followed as it changes. */
export interface Directory {
  readonly servers: readonly Server[]
  /** We now listen on these instead. */
  avoid(ownEndpoints: readonly Endpoint[]): void
  close(): void
}

export function createDirectory({
  specs,
  ownEndpoints,
  systemFiles = SYSTEM_FILES,
  checkMs = SYSTEM_CHECK_MS,
  onSkipped,
}: DirectoryOptions): Directory {
  const said = new Set<string>()
  let own = ownEndpoints
  let servers: readonly Server[] = []

  function skip(reason: string): void {
    if (!said.has(reason)) onSkipped(reason)
    said.add(reason)
  }

  function endpointsOf(spec: UpstreamSpec): readonly Endpoint[] {
    if (spec.kind === 'plain') return [spec.endpoint]
    const { servers: listed, unusable } = readSystemServers(systemFiles)
    for (const text of unusable) skip(`nameserver ${text}: not an address that can be asked`)
    return listed
  }

  function refresh(): void {
    const before = new Map(servers.map((server) => [formatEndpoint(server.endpoint), server]))
    const wanted = new Map(specs.flatMap(endpointsOf).map((endpoint) => [formatEndpoint(endpoint), endpoint]))
    for (const [text, endpoint] of wanted) {
      if (!isOwnEndpoint(endpoint, own)) continue
      skip(`upstream ${text}: that is sallyport itself`)
      wanted.delete(text)
    }
    servers = [...wanted].map(([text, endpoint]) => before.get(text) ?? createServer(endpoint))
    for (const [text, server] of before) if (!wanted.has(text)) server.close()
  }

  refresh()
  const followsSystem = specs.some(({ kind }) => kind === 'system')
  const watch = followsSystem ? watchFiles(Object.values(systemFiles), checkMs, refresh) : undefined
  return {
    get servers() {
      return servers
    },
    avoid(endpoints) {
      own = endpoints
      refresh()
    },
    close() {
      watch?.close()
      for (const server of servers) server.close()
      servers = []
    },
  }
}
