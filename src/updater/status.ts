// What the updater says of itself.

import type { Probes } from '../linux/nftables/probe.ts'
import type { Address } from '../net/address.ts'
import { formatPortRange } from '../net/port.ts'
import type { Guard } from '../policy/client.ts'
import type { Counters } from './counters.ts'
import type { Enforcer } from './enforcer.ts'
import type { Firewall, Protection } from './firewall.ts'
import type { Grant } from './lease.ts'
import type { FirewallOptions, LeaseLimits } from './options.ts'
import type { Reload, Reloads, Rulebook } from './rulebook.ts'

/** One name that one client has open at one address. */
export interface LeaseStatus {
  readonly client: string
  readonly name: string
  readonly address: Address
  readonly remainingSeconds: number
}

export interface UpdaterStatus {
  readonly revision: string
  readonly ruleCount: number
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
  readonly leases: readonly LeaseStatus[]
  readonly elements: number
  readonly counters: Counters
}

/** A name that opened an address. */
export interface OpenedBy {
  readonly client: string
  readonly name: string
  /** Wall clock, ms. */
  readonly until: number
  readonly remainingSeconds: number
  /** "tcp/443". */
  readonly ports: readonly string[]
}

export interface StatusSources {
  readonly firewall: Firewall
  readonly settings: FirewallOptions
  readonly limits: LeaseLimits
  readonly rulebook: Rulebook
  readonly enforcer: Enforcer
  readonly connections: number
  readonly now: number
}

export function statusOf({ firewall, settings, rulebook, enforcer, connections, now }: StatusSources): UpdaterStatus {
  const isGuarded = settings.guard !== 'none'
  return {
    revision: rulebook.inForce.policy.revision,
    ruleCount: rulebook.inForce.policy.ruleCount,
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
    leases: [...enforcer.book.grants()].filter(({ until }) => until > now).map((grant) => leaseStatus(grant, now)),
    elements: enforcer.book.elementCount,
    counters: structuredClone(enforcer.counters),
  }
}

export function isEnforced({ settings, enforcer }: Pick<StatusSources, 'settings' | 'enforcer'>): boolean {
  return settings.guard !== 'none' && enforcer.isInStep
}

/** The names that have `address` open, for each client. */
export function openersOf(grants: Iterable<Grant>, address: Address, now: number, wall: number): readonly OpenedBy[] {
  const live = Iterator.from(grants).filter((grant) => grant.address === address && grant.until > now)
  return [...live.map((grant) => openedBy(grant, now, wall))]
}

function leaseStatus(grant: Grant, now: number): LeaseStatus {
  return { client: grant.clientId, name: grant.name, address: grant.address, remainingSeconds: remainingSeconds(grant, now) }
}

function openedBy(grant: Grant, now: number, wall: number): OpenedBy {
  return {
    client: grant.clientId,
    name: grant.name,
    until: Math.round(wall + grant.until - now),
    remainingSeconds: remainingSeconds(grant, now),
    ports: [...new Set(grant.elements.map(({ spec }) => formatPortRange(spec.lease.ports)))],
  }
}

function remainingSeconds({ until }: Grant, now: number): number {
  return Math.floor((until - now) / 1000)
}
