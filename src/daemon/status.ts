// The machine form of `sallyport status`, by part. A change of meaning raises the version.

import type { Leases } from '../leases/leases.ts'
import type { Resolver } from '../resolver/resolver.ts'
import type { Server } from '../server/server.ts'
import type { Updater } from '../updater/updater.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { PolicyFeed } from './policy-feed.ts'

export interface ResolverParts {
  readonly server: Server
  readonly resolver: Resolver
  readonly upstream: Upstream
  readonly leases: Leases
  readonly feed: PolicyFeed
}

export function resolverStatus({ server, resolver, upstream, leases, feed }: ResolverParts) {
  return {
    pid: process.pid,
    uid: process.getuid!(),
    uptimeSeconds: Math.floor(process.uptime()),
    listening: server.endpoints.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)),
    policy: feed.status(),
    upstream: upstream.status(),
    leases: leases.status(),
    cache: resolver.status(),
    counters: { ...resolver.counters, ...server.counters },
  }
}

export type ResolverStatus = ReturnType<typeof resolverStatus>

export function updaterStatus(updater: Updater) {
  return {
    pid: process.pid,
    uid: process.getuid!(),
    uptimeSeconds: Math.floor(process.uptime()),
    ...updater.status(),
    refused: updater.records('refused'),
  }
}

export type UpdaterProcessStatus = ReturnType<typeof updaterStatus>
