// Settings and policy → the description from which ruleset/ builds the table.

import { SPECIAL_PREFIXES } from '../net/special.ts'
import { auditedClients, staticSegments } from '../policy/static.ts'
import { namedAddresses } from './crowd.ts'
import type { Orders, Protection } from './firewall.ts'
import type { FirewallOptions, UpdaterOptions } from './options.ts'
import { LOCK_MARK } from './routing-lock.ts'
import type { EgressRange, RulesetDescription } from './ruleset/description.ts'

/** Bounds what sandboxes can make us remember of what they tried; reading so many takes the updater some 50 ms of processor time. */
export const MOST_RECORDS = 16_384
const LEAST_STATICS = 65_536

export type GuardOptions = FirewallOptions & { readonly guard: 'forward' | 'output' }

export function describe(
  firewall: GuardOptions,
  options: Pick<UpdaterOptions, 'limits' | 'settings'>,
  protection: Protection,
  { policy, ranges, revoked }: Orders,
  egress: readonly EgressRange[],
  wall: number,
  countsFlows: boolean,
): RulesetDescription {
  const segments = staticSegments(policy, wall)
  const { table, guard, priorities, interfaces, upstreams, inbound, dhcp, echo } = firewall
  return {
    table,
    guard,
    protection: protection === 'lock' ? { kind: 'lock', mark: LOCK_MARK } : { kind: protection },
    priorities,
    interfaces,
    resolver: { port: firewall.resolverPort, uid: firewall.resolverUid },
    upstreams,
    inbound,
    dhcp,
    echo,
    egress,
    ranges,
    segments,
    revoked,
    audited: auditedClients(policy),
    closed: [...SPECIAL_PREFIXES, ...options.settings.neverOpen],
    named: firewall.guard === 'forward' ? namedAddresses(policy) : [],
    flowsPerClient: countsFlows ? options.limits.flowsPerClient : 0,
    dnsFlowsPerSecond: firewall.guard === 'forward' ? options.limits.dnsFlowsPerSecond : 0,
    sizes: { leases: options.limits.mostLeases, records: MOST_RECORDS, statics: Math.max(LEAST_STATICS, 4 * segments.length) },
  }
}
