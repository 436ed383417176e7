// From the user's settings to those of the gateway of a run.

import { existsSync } from 'node:fs'
import type { Config, ResolverConfig, UpstreamSetting, ZoneSetting } from '../config/config.ts'
import { StartError } from '../daemon/start-error.ts'
import { type Address, familyOf } from '../net/address.ts'
import { formatEndpoint } from '../net/endpoint.ts'
import { type Prefix, parsePrefix } from '../net/prefix.ts'
import { readSystemServers } from '../upstream/resolv-conf.ts'
import type { Families } from './family.ts'
import { DEVICE, GATEWAY, PLACE, RESOLVER_HOP, SANDBOX } from './plan.ts'

/** What the sandbox is called, in logs and under `$CLIENTS`. */
export const CLIENT = 'run'

export interface InsideSettings {
  readonly config: Config
  /** Does the resolver ask a server on the machine's loopback? */
  readonly asksHost: boolean
}

/** The folders of zone files that there are, by their names below PLACE.zones. */
export function zonesOf({ zones }: Config): Readonly<Record<string, string>> {
  if (zones.kind === 'tiers') return { base: zones.base, app: zones.app }
  return existsSync(zones.folder) ? { one: zones.folder } : {}
}

/** `closed` is never opened, by whatever name. Throws StartError where the resolver has nobody to ask. */
export function settingsInside(config: Config, families: Families, closed: readonly Prefix[]): InsideSettings {
  const upstreams = reachable(config.resolver.upstreams, families)
  if (upstreams.length === 0) throw new StartError('no upstream to forward to: resolv.conf has none; name one with --upstream')
  const resolver: ResolverConfig = {
    ...config.resolver,
    listen: families.map((family) => ({ address: GATEWAY[family], port: 53 })),
    upstreams,
    suffixes: config.resolver.suffixes.map((each) => ({ ...each, upstreams: reachable(each.upstreams, families) })),
    // It is asked for the names of upstreams only, and whoever has named those has not asked for it.
    bootstrap: reachable(
      withoutSystem(config.resolver.bootstrap).filter((each) => !isOutOfReach(each)),
      families,
    ),
  }
  const asksHost = [resolver.upstreams, ...resolver.suffixes.map((each) => each.upstreams), resolver.bootstrap].some((list) =>
    list.some(isHop),
  )
  const { updater } = config
  return {
    asksHost,
    config: {
      ...config,
      resolver,
      zones: zonesInside(config),
      // There is one client, who is in nobody's list.
      limits: { app: { ...config.limits.app, clients: undefined } },
      clients: [...config.clients, { name: CLIENT, prefixes: families.map((family) => prefixOf(SANDBOX[family])) }],
      updater: {
        ...updater,
        backend: 'nftables',
        table: 'sallyport',
        guard: 'forward',
        interfaces: [DEVICE.sandbox],
        mirror: [],
        inbound: [],
        snat: undefined,
        dhcp: false,
        echo: false,
        limits: { ...updater.limits, neverOpen: [...updater.limits.neverOpen, ...closed] },
      },
      state: PLACE.state,
      journal: { ...config.journal, enabled: false },
      log: { level: 'error', format: 'pretty' },
      metrics: { listen: { kind: 'off' } },
      manager: undefined,
    },
  }
}

function zonesInside(config: Config): ZoneSetting {
  const also = `${PLACE.zones}/allowed`
  if (config.zones.kind === 'tiers') return { kind: 'tiers', base: `${PLACE.zones}/base`, app: `${PLACE.zones}/app`, also }
  return zonesOf(config).one === undefined ? { kind: 'one', folder: also } : { kind: 'one', folder: `${PLACE.zones}/one`, also }
}

/** As addresses that the gateway can reach: servers on the machine's loopback are behind its next hop. Throws StartError. */
function reachable(upstreams: readonly UpstreamSetting[], families: Families): readonly UpstreamSetting[] {
  return withoutSystem(upstreams).flatMap((upstream): readonly UpstreamSetting[] => {
    if (upstream.kind !== 'plain') return [upstream]
    const { address, port } = upstream.endpoint
    const family = familyOf(address)
    if (isOutOfReach(upstream)) {
      throw new StartError(
        `the upstream ${formatEndpoint(upstream.endpoint)} answers on this machine's loopback only: name another with --upstream`,
      )
    }
    if (!families.includes(family)) return []
    return [{ kind: 'plain', endpoint: { address: address === LOOPBACK[family] ? RESOLVER_HOP[family] : address, port } }]
  })
}

function withoutSystem(upstreams: readonly UpstreamSetting[]): readonly UpstreamSetting[] {
  return upstreams.flatMap((upstream): readonly UpstreamSetting[] =>
    upstream.kind === 'system' ? readSystemServers().servers.map((endpoint) => ({ kind: 'plain', endpoint })) : [upstream],
  )
}

/** As systemd-resolved at 127.0.0.53: the next hop stands for one address of the loopback. */
function isOutOfReach(upstream: UpstreamSetting): boolean {
  return upstream.kind === 'plain' && upstream.endpoint.address.startsWith('127.') && upstream.endpoint.address !== LOOPBACK[4]
}

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const

function isHop(upstream: UpstreamSetting): boolean {
  return upstream.kind === 'plain' && Object.values(RESOLVER_HOP).includes(upstream.endpoint.address)
}

function prefixOf(address: Address): Prefix {
  return parsePrefix(address)!
}
