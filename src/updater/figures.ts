// What the updater has counted, in the flat form that the protocol carries. Costs the same however much is open.

import type { Figures } from '../leases/protocol.ts'
import { localAddresses } from '../linux/local-address.ts'
import { MOST_RECORDS } from './describe.ts'
import { egressStatus } from './egress.ts'
import type { FirewallOptions } from './options.ts'
import { isEnforced, type StatusSources } from './status.ts'

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
    ...counters,
    ...Object.fromEntries(Object.entries(refused).map(([reason, count]) => [`refused.${reason}`, count])),
  }
}

function missingEgress({ snat }: FirewallOptions): number {
  return snat === undefined ? 0 : egressStatus(snat, localAddresses()).filter(({ problem }) => problem !== undefined).length
}
