// The machine form of `sallyport status`, by part. A change of meaning raises the version.

import type { ContactRecorder, ContactTotals } from '../journal/contacts.ts'
import type { Journal } from '../journal/writer.ts'
import type { Leases } from '../leases/leases.ts'
import type { PerClient } from '../policy/per-client.ts'
import { listQueries, type VerdictCounts } from '../resolver/counters.ts'
import type { Resolver } from '../resolver/resolver.ts'
import type { Server } from '../server/server.ts'
import type { Contact, LeaseFilter, Updater } from '../updater/updater.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { PolicyFeed } from './policy-feed.ts'

export interface ResolverParts {
  readonly server: Server
  readonly resolver: Resolver
  /** Queries of clients that have a name. */
  readonly queriesOf: PerClient<VerdictCounts>
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

export interface UpdaterParts {
  readonly updater: Updater
  readonly journal: Journal
  readonly contacts: ContactRecorder
  readonly totals: ContactTotals
}

/** `leases`: no more than the filter wants, with what was exchanged with their addresses; null: the kernel does not count it. */
export function updaterStatus({ updater, journal, contacts, totals }: UpdaterParts, filter: LeaseFilter) {
  const { count, leases } = updater.leases(filter)
  const packets = packetsByAddress(leases.length === 0 ? [] : contacts.latest())
  return {
    pid: process.pid,
    uid: process.getuid!(),
    uptimeSeconds: Math.floor(process.uptime()),
    ...updater.status(),
    clients: updater.clients.list(),
    leases: leases.map((lease) => ({ ...lease, packets: packets(lease) })),
    /** How many would be in `leases` without a bound. */
    leasesListable: count,
    contacts: totals,
    journal: journal.status(),
  }
}

export type UpdaterProcessStatus = ReturnType<typeof updaterStatus>

function packetsByAddress(contacts: Iterable<Contact>): (lease: Pick<Contact, 'client' | 'address'>) => number | null {
  const passed = Map.groupBy(
    Iterator.from(contacts).filter(({ verdict }) => verdict !== 'deny'),
    keyOf,
  )
  return (lease) => {
    const packets = passed.get(keyOf(lease))?.map((contact) => contact.packets) ?? [0]
    return packets.includes(undefined) ? null : packets.reduce<number>((sum, each) => sum + each!, 0)
  }
}

function keyOf({ client, address }: Pick<Contact, 'client' | 'address'>): string {
  return `${client} ${address}`
}
