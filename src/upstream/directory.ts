import { parseName } from '../dns/name.ts'
import type { Address } from '../net/address.ts'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'
import type { Bootstrap } from './bootstrap.ts'
import { watchFiles } from './file-change.ts'
import { createHttpsServer } from './https.ts'
import { isOwnEndpoint } from './own.ts'
import { createPlainServer } from './plain.ts'
import { type ResolvConfFiles, readSystemServers, SYSTEM_FILES } from './resolv-conf.ts'
import type { Server } from './server.ts'
import { type OpenSocket, openSocket } from './socket.ts'
import { createTlsServer } from './tls.ts'

const SYSTEM_CHECK_MS = 2_000

export type UpstreamSpec =
  | { readonly kind: 'plain'; readonly endpoint: Endpoint }
  | { readonly kind: 'system' }
  | ({ readonly kind: 'tls' } & SecureSpec)
  | ({ readonly kind: 'https'; readonly path: string } & SecureSpec)

export interface SecureSpec {
  /** As written in the settings. */
  readonly label: string
  /** What the certificate must be for: a name, or the text of an address. */
  readonly name: string
  readonly port: number
  /** Undefined: the name is looked up. */
  readonly address: Address | undefined
}

export interface DirectoryOptions {
  readonly specs: readonly UpstreamSpec[]
  /** What we listen on: never forwarded to. */
  readonly ownEndpoints: readonly Endpoint[]
  readonly systemFiles?: ResolvConfFiles
  /** How often those files are looked at. */
  readonly checkMs?: number
  /** Finds the addresses of servers that the specs give by name. */
  readonly bootstrap?: Bootstrap | undefined
  /** PEM; undefined: those that Node trusts. */
  readonly authorities?: string | undefined
  /** Sockets of another kind than Node's. */
  readonly openSocket?: OpenSocket | undefined
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

type Wanted = Map<string, () => Server>

export function createDirectory(options: DirectoryOptions): Directory {
  const { specs, systemFiles = SYSTEM_FILES, checkMs = SYSTEM_CHECK_MS, openSocket: open = openSocket, onSkipped } = options
  const said = new Set<string>()
  let own = options.ownEndpoints
  let servers: readonly Server[] = []

  function skip(reason: string): void {
    if (!said.has(reason)) onSkipped(reason)
    said.add(reason)
  }

  function want(wanted: Wanted, spec: UpstreamSpec): void {
    if (spec.kind === 'plain') wantPlain(wanted, spec.endpoint)
    else if (spec.kind === 'system') wantSystem(wanted)
    else wanted.set(spec.label, () => createSecureServer(spec, options))
  }

  function wantPlain(wanted: Wanted, endpoint: Endpoint): void {
    const label = formatEndpoint(endpoint)
    if (isOwnEndpoint(endpoint, own)) skip(`upstream ${label}: that is sallyport itself`)
    else wanted.set(label, () => createPlainServer(endpoint, open))
  }

  function wantSystem(wanted: Wanted): void {
    const { servers: listed, unusable } = readSystemServers(systemFiles)
    for (const text of unusable) skip(`nameserver ${text}: not an address that can be asked`)
    for (const endpoint of listed) wantPlain(wanted, endpoint)
  }

  function refresh(): void {
    const before = new Map(servers.map((server) => [server.label, server]))
    const wanted: Wanted = new Map()
    for (const spec of specs) want(wanted, spec)
    servers = [...wanted].map(([label, create]) => before.get(label) ?? create())
    for (const [label, server] of before) if (!wanted.has(label)) server.close()
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
      const closing = servers
      // First, or what fails now would be asked again.
      servers = []
      for (const server of closing) server.close()
    },
  }
}

type SecureUpstream = Extract<UpstreamSpec, SecureSpec>

function createSecureServer(spec: SecureUpstream, { bootstrap, authorities }: DirectoryOptions): Server {
  const { name, port, address } = spec
  const addresses = async () => (address !== undefined ? [address] : ((await bootstrap?.addressesOf(parseName(name))) ?? []))
  const place = { name, port, addresses, authorities }
  return spec.kind === 'tls' ? createTlsServer(spec.label, place) : createHttpsServer(spec.label, { ...place, path: spec.path })
}
