// The machine form of `sallyport status`, by part. A change of meaning raises the version.

import type { Journal } from '../journal/writer.ts'
import type { Leases } from '../leases/leases.ts'
import { listQueries } from '../resolver/counters.ts'
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
  readonly journal: Journal
  /** The bound of the cache. */
  readonly cacheOctets: number
}

export function resolverStatus({ server, resolver, upstream, leases, feed, journal }: ResolverParts) {
  const { queries, ...counters } = resolver.counters
  return {
    pid: process.pid,
    uid: process.getuid!(),
    uptimeSeconds: Math.floor(process.uptime()),
    listening: server.endpoints.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)),
    policy: feed.status(),
    upstream: upstream.status(),
    leases: leases.status(),
    cache: resolver.status(),
    queries: listQueries({ queries }),
    counters: { ...counters, ...server.counters },
    journal: journal.status(),
  }
}

export type ResolverStatus = ReturnType<typeof resolverStatus>

export function updaterStatus(updater: Updater, journal: Journal) {
  return {
    pid: process.pid,
    uid: process.getuid!(),
    uptimeSeconds: Math.floor(process.uptime()),
    ...updater.status(),
    refused: updater.records('refused'),
    journal: journal.status(),
  }
}

export type UpdaterProcessStatus = ReturnType<typeof updaterStatus>
