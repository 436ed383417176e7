// The resolver with its real sockets and its real upstream room on 127.0.0.1:53 of a network namespace of its own; NSD is whom it
// forwards to, and the clients are dig, kdig and the stub resolvers of two C libraries. The clock stands still unless a test moves it.

import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createOwnAddresses } from '../../src/daemon/own-address.ts'
import { openConnected } from '../../src/linux/datagram/connected.ts'
import { type Endpoint, parseEndpoint } from '../../src/net/endpoint.ts'
import type { ResolverOptions } from '../../src/resolver/ports.ts'
import { createServer, type ServerLimits } from '../../src/server/server.ts'
import type { UpstreamSpec } from '../../src/upstream/directory.ts'
import { createTranslators } from '../../src/upstream/translator.ts'
import { createUpstream } from '../../src/upstream/upstream.ts'
import { createWorld } from '../resolver/world.ts'
import { startAuthority } from '../support/authority.ts'
import { type Namespace, runCommand } from '../support/namespace.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

const run = promisify(execFile)
/** BATCHING=off runs all of it over Node's own sockets. */
const BATCHES = process.env.BATCHING !== 'off'
const SERVER = '127.0.0.1'
const AUTHORITY = '127.0.0.9'
const PROGRAM = fileURLToPath(new URL('./lookup.c', import.meta.url))
const COMPILERS = { glibc: ['gcc'], musl: ['musl-gcc', '-static'] } as const

export interface RigOptions {
  /** Of the zone file. */
  readonly entries: readonly string[]
  /** What NSD serves, as presentation text. Without any it is not started. */
  readonly records?: readonly string[]
  /** Asked instead of NSD: what the settings would say, or where a plain one listens. */
  readonly upstream?: UpstreamSpec | Endpoint
  /** PEM, for upstreams that are asked in secret. */
  readonly authorities?: string
  /** Lines for NSD's `server:` section. */
  readonly settings?: readonly string[]
  readonly options?: Partial<ResolverOptions>
  readonly limits?: Partial<ServerLimits>
}

export interface Lookup {
  readonly outcome: string
  readonly milliseconds: number
  readonly addresses: readonly string[]
}

/** What starts here starts in this process's own namespace. */
const HERE: Pick<Namespace, 'spawn'> = {
  spawn: (command, settings = {}) => spawn(command[0]!, command.slice(1), { stdio: 'pipe', ...settings }),
}

enterPrivateNamespace()
runCommand(['ip', 'link', 'set', 'lo', 'up'])

export async function startRig({ entries, records, settings = [], upstream: other, authorities, options = {}, limits = {} }: RigOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-conformance-'))
  const authority = records && (await startAuthority({ namespace: HERE, addresses: [AUTHORITY], folder, records, settings }))
  const asked = other ?? parseEndpoint(AUTHORITY, 53)!
  const spec = 'kind' in asked ? asked : ({ kind: 'plain', endpoint: asked } as const)
  const openSocket = BATCHES ? openConnected : undefined
  const upstream = createUpstream({ specs: [spec], ownEndpoints: [], authorities, openSocket, log: { warn() {} } })
  const translators = createTranslators(upstream)
  const world = createWorld(entries, () => Promise.reject(new Error('not scripted')), {
    upstream: translators,
    translated: translators.translated,
    isOwnAddress: createOwnAddresses(),
    ...options,
  })
  const onError = (error: Error) => console.error(error)
  const server = createServer({ resolver: world.resolver, clientOf: world.askerOf, onError, limits, batches: BATCHES })
  const failures = await server.setEndpoints([{ address: SERVER, port: 53 }])
  if (failures[0]) throw failures[0]
  const built = new Map<string, Promise<string>>()

  /** Compiled once for each library. */
  async function build(library: keyof typeof COMPILERS): Promise<string> {
    const [compiler, ...flags] = COMPILERS[library]
    const target = join(folder, `lookup-${library}`)
    await run(compiler, [...flags, '-O1', '-o', target, PROGRAM])
    return target
  }

  /** getaddrinfo of the library, under a resolv.conf that ends in these lines. */
  async function lookUp(library: keyof typeof COMPILERS, name: string, lines: readonly string[] = []): Promise<Lookup> {
    const program = built.get(library) ?? build(library)
    built.set(library, program)
    const file = join(folder, 'resolv.conf')
    writeFileSync(file, [`nameserver ${SERVER}`, ...lines, ''].join('\n'))
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    const { stdout } = await run('unshare', ['--mount', '--', 'sh', '-c', script, file, await program, name])
    const [outcome = '', milliseconds, ...addresses] = stdout.trim().split('\n')
    return { outcome, milliseconds: Number(milliseconds), addresses }
  }

  return {
    ...world,
    server,
    upstream,
    lookUp,
    /** What dig prints. */
    dig: async (...words: readonly string[]) => (await run('dig', [`@${SERVER}`, '+tries=1', '+time=3', ...words])).stdout,
    kdig: async (...words: readonly string[]) => (await run('kdig', [`@${SERVER}`, '+retry=0', '+time=3', ...words])).stdout,
    async close() {
      await server.close()
      upstream.close()
      await authority?.close()
      rmSync(folder, { recursive: true })
    },
  }
}
