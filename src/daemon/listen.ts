import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'
import { matchesInterface } from '../net/interface-pattern.ts'
import type { ServerEndpoint } from '../server/server.ts'

const DNS_PORT = 53
const UNGUARDED_PORT = 5300
const LOOPBACK = ['127.0.0.1', '::1'] as const
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': 'IPv4', '::': 'IPv6' }

type Interfaces = ReturnType<typeof networkInterfaces>

/** Does what is listened on change as interfaces and addresses come and go? */
export function followsInterfaces({ resolver, updater }: Config): boolean {
  return resolver.listen === 'auto' ? updater.guard === 'forward' : resolver.listen.some(({ address }) => address in WILDCARDS)
}

/**
 * What the resolver is to listen on now. A wildcard stands for each address that this host has at the moment, so that a reply
 * always comes from the address that was asked.
 */
export function wantedEndpoints(config: Config, interfaces = networkInterfaces()): readonly ServerEndpoint[] {
  const { listen } = config.resolver
  if (listen !== 'auto') return listen.flatMap((endpoint) => expandWildcard(endpoint, interfaces))
  const { guard } = config.updater
  const loopback = LOOPBACK.map((address) => ({ address, port: guard === 'none' ? UNGUARDED_PORT : DNS_PORT }))
  return guard === 'forward' ? [...loopback, ...sandboxEndpoints(config.updater.interfaces, interfaces)] : loopback
}

/** The port that queries of sandboxes are led to. */
export function resolverPort(config: Config): number {
  const { listen } = config.resolver
  return (listen === 'auto' ? wantedEndpoints(config, {}) : listen)[0]!.port
}

function expandWildcard(endpoint: ServerEndpoint, interfaces: Interfaces): readonly ServerEndpoint[] {
  const wanted = WILDCARDS[endpoint.address]
  if (wanted === undefined) return [endpoint]
  return endpointsOf(interfaces, endpoint.port, ({ family }) => family === wanted)
}

function sandboxEndpoints(patterns: readonly string[], interfaces: Interfaces): readonly ServerEndpoint[] {
  const matching = Object.entries(interfaces).filter(([name]) => patterns.some((pattern) => matchesInterface(pattern, name)))
  return endpointsOf(Object.fromEntries(matching), DNS_PORT, () => true)
}

/** A link-local address carries its interface. */
function endpointsOf(interfaces: Interfaces, port: number, isWanted: (local: NetworkInterfaceInfo) => boolean): ServerEndpoint[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.filter(isWanted).map(({ address, scopeid }) => ({ address: scopeid ? `${address}%${name}` : address, port })),
  )
}
