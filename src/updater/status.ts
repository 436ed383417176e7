// What the updater says of itself.

import { localAddresses } from '../linux/local-address.ts'
import type { Probes } from '../linux/nftables/probe.ts'
import type { Guard } from '../policy/client.ts'
import type { Counters } from './counters.ts'
import { type EgressStatus, egressStatus } from './egress.ts'
import type { Enforcer } from './enforcement.ts'
import type { Firewall, Protection } from './firewall.ts'
import type { FirewallOptions, LeaseLimits } from './options.ts'
import type { Reload, Reloads, Rulebook } from './rulebook.ts'

export interface UpdaterStatus {
  readonly revision: string
  readonly ruleCount: number
  /** False: no policy was valid since the start, and everything is denied. */
  readonly wasValid: boolean
  readonly reload: Reload
  /** Looks at the zone files since the start. */
  readonly reloads: Reloads
  readonly backend: FirewallOptions['backend']
  readonly guard: Guard
  /** Undefined without a guard. */
  readonly table: string | undefined
  /** Something is guarded, and the kernel is in step with the policy. */
  readonly enforced: boolean
  /** Why no lease can be opened at present; undefined: nothing is in the way. */
  readonly obstacle: string | undefined
  readonly protection: Protection
  /** Undefined with the memory backend. */
  readonly kernel: Probes | undefined
  readonly connections: number
  /** By which address the far side sees whom; empty without updater.snat. */
  readonly egress: readonly EgressStatus[]
  /** Names that are open at an address for a client. */
  readonly leaseCount: number
  readonly mostLeases: number
  readonly elements: number
  readonly counters: Counters
}

export interface StatusSources {
  readonly firewall: Firewall
  readonly settings: FirewallOptions
  readonly limits: LeaseLimits
  readonly rulebook: Rulebook
  readonly enforcer: Enforcer
  readonly connections: number
}

export function statusOf({ firewall, settings, limits, rulebook, enforcer, connections }: StatusSources): UpdaterStatus {
  const isGuarded = settings.guard !== 'none'
  return {
    revision: rulebook.inForce.policy.revision,
    ruleCount: rulebook.inForce.policy.ruleCount,
    wasValid: rulebook.wasValid,
    reload: rulebook.reload,
    reloads: rulebook.reloads,
    backend: settings.backend,
    guard: settings.guard,
    table: isGuarded ? settings.table : undefined,
    enforced: isEnforced({ settings, enforcer }),
    obstacle: firewall.obstacle(),
    protection: firewall.protection,
    kernel: firewall.probes,
    connections,
    egress: settings.snat === undefined ? [] : egressStatus(settings.snat, localAddresses()),
    leaseCount: enforcer.book.size,
    mostLeases: limits.mostLeases,
    elements: enforcer.book.elementCount,
    counters: structuredClone(enforcer.counters),
  }
}

export function isEnforced({ settings, enforcer }: Pick<StatusSources, 'settings' | 'enforcer'>): boolean {
  return settings.guard !== 'none' && enforcer.isInStep
}
