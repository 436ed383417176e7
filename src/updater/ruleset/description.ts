// What the table is built from. Everything that decides is here, so that equal descriptions give equal tables.
import type { TableRef } from '../../linux/nftables/nftables.ts'
import type { Address, Family } from '../../net/address.ts'
import type { Endpoint } from '../../net/endpoint.ts'
import type { PortRange } from '../../net/port.ts'
import type { Prefix } from '../../net/prefix.ts'
import type { StaticSegment } from '../../policy/static.ts'
import type { Priorities } from './chain.ts'

/** What keeps the door shut should the table vanish: the kernel's owner and persist flags, a mark that routing asks for, or nothing. */
export type Protection = { readonly kind: 'owner' } | { readonly kind: 'lock'; readonly mark: number } | { readonly kind: 'none' }

export interface ClientRange {
  readonly family: Family
  readonly first: bigint
  readonly last: bigint
}

/** Clients that leave by one address of the gateway. */
export interface EgressRange extends ClientRange {
  /** Undefined: there is none for them, so nothing of theirs leaves. */
  readonly address: Address | undefined
}

/** A client and where it is going; under guard output no client. */
export interface Pair {
  readonly client: Address | undefined
  readonly destination: Address
}

export interface RulesetDescription {
  readonly table: string
  readonly guard: 'forward' | 'output'
  readonly protection: Protection
  readonly priorities: Priorities
  /** Sandbox-facing: names, or patterns that end in '*'. Guard forward only. */
  readonly interfaces: readonly string[]
  /** Where DNS is answered; the resolver's own user is required under guard output. */
  readonly resolver: { readonly port: number; readonly uid: number | undefined }
  /** Where the resolver's user may send. Guard output only. */
  readonly upstreams: readonly Endpoint[]
  /** Ports that the outside may begin flows to. */
  readonly inbound: readonly PortRange[]
  readonly dhcp: boolean
  /** ICMP echo to what is open. */
  readonly echo: boolean
  /** By which source address sandboxes leave, as disjoint ranges; whoever is in none leaves as it likes. */
  readonly egress: readonly EgressRange[]
  /** The port ranges of the policy; single ports and `any` have sets of their own anyway. */
  readonly ranges: readonly PortRange[]
  readonly segments: readonly StaticSegment[]
  /** Closed lately: flows there are judged anew until they have been found and ended. MOST_REVOKED at most. */
  readonly revoked: readonly Pair[]
  /** Clients in audit mode; under guard output any entry is the whole namespace. */
  readonly audited: readonly ClientRange[]
  /** What stays closed in audit mode: special-purpose addresses, and what the settings say must never open. */
  readonly closed: readonly Prefix[]
  /** Addresses whose flows are counted by themselves; those of others by IPv4 address or IPv6 /64, and by interface. Guard forward only. */
  readonly named: readonly Address[]
  /** How many flows a client has at once, and all others behind an interface four times as many; 0: as many as it likes. Guard forward only. */
  readonly flowsPerClient: number
  /** How many DNS flows a source may begin in a second, and an interface four times as many; 0: as many as it likes. Guard forward only. */
  readonly dnsFlowsPerSecond: number
  readonly sizes: { readonly leases: number; readonly records: number; readonly statics: number }
}

export function tableOf(description: Pick<RulesetDescription, 'table'>): TableRef {
  return { family: 'inet', name: description.table }
}
