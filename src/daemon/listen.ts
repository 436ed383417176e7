import { networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'
import type { ServerEndpoint } from '../server/server.ts'

const DNS_PORT = 53
const UNGUARDED_PORT = 5300
const LOOPBACK = ['127.0.0.1', '::1'] as const

/** What the resolver is to listen on now. Under `guard: forward` that changes as sandbox interfaces come and go. */
export function wantedEndpoints(config: Config, interfaces = networkInterfaces()): readonly ServerEndpoint[] {
  const { listen } = config.resolver
  if (listen !== 'auto') return listen
  const { guard } = config.updater
  const loopback = LOOPBACK.map((address) => ({ address, port: guard === 'none' ? UNGUARDED_PORT : DNS_PORT }))
  return guard === 'forward' ? [...loopback, ...sandboxEndpoints(config.updater.interfaces, interfaces)] : loopback
}

/** The port that queries of sandboxes are led to. */
export function resolverPort(config: Config): number {
  return wantedEndpoints(config, {})[0]!.port
}

function sandboxEndpoints(patterns: readonly string[], interfaces: ReturnType<typeof networkInterfaces>): ServerEndpoint[] {
  const matching = Object.entries(interfaces).filter(([name]) => patterns.some((pattern) => matchesPattern(name, pattern)))
  return matching.flatMap(([name, addresses = []]) =>
    addresses.map(({ address, scopeid }) => ({ address: scopeid ? `${address}%${name}` : address, port: DNS_PORT })),
  )
}

/** `veth*` is every name that begins with "veth". */
function matchesPattern(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
