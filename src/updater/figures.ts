// What the updater has counted, in the flat form that the protocol carries. Costs the same however much is open.

import type { Figures } from '../leases/protocol.ts'
import { localAddresses } from '../linux/local-address.ts'
import { createPerClient } from '../policy/per-client.ts'
import type { Policy } from '../policy/policy.ts'
import type { LeaseBook } from './book.ts'
import { MOST_RECORDS } from './describe.ts'
import { egressStatus } from './egress.ts'
import type { FirewallOptions } from './options.ts'
import { isEnforced, type StatusSources } from './status.ts'

/** Of a client with a name, or of all that are not told apart: the key of its figure. */
export const LEASES_OF = 'leasesOf.'

export function figuresOf({ firewall, settings, limits, rulebook, enforcer, connections }: StatusSources): Figures {
  const { refused, commitLatency, ...counters } = enforcer.counters
  return {
    leases: enforcer.book.size,
    mostLeases: limits.mostLeases,
    elements: enforcer.book.elementCount,
    fullestSet: enforcer.book.fullestSetSize,
    mostRecords: MOST_RECORDS,
    'egress.missing': missingEgress(settings),
    connections,
    guarded: Number(settings.guard !== 'none'),
    enforced: Number(isEnforced({ settings, enforcer })),
    obstructed: Number(firewall.obstacle() !== undefined),
    'reloads.loaded': rulebook.reloads.loaded,
    'reloads.broken': rulebook.reloads.broken,
    'reload.at': rulebook.reload.at,
    'reload.loaded': Number(rulebook.reload.outcome === 'loaded'),
    'commit.counts': commitLatency.counts,
    'commit.seconds': commitLatency.seconds,
    ...leasesByClient(enforcer.book, rulebook.inForce.policy),
    ...counters,
    ...Object.fromEntries(Object.entries(refused).map(([reason, count]) => [`refused.${reason}`, count])),
  }
}

function leasesByClient(book: LeaseBook, { clients }: Policy): Figures {
  const leases = createPerClient(() => ({ count: 0 }))
  for (const { name } of clients) leases.of(name).count += book.countOf(name)
  return Object.fromEntries(Iterator.from(leases.entries()).map(([name, { count }]) => [LEASES_OF + name, count]))
}

function missingEgress({ snat }: FirewallOptions): number {
  return snat === undefined ? 0 : egressStatus(snat, localAddresses()).filter(({ problem }) => problem !== undefined).length
}
