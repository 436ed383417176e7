// What the updater is told at its start. Nothing here changes while it runs.

import type { Figures } from '../leases/protocol.ts'
import type { Logger } from '../log.ts'
import type { Endpoint } from '../net/endpoint.ts'
import type { PortRange } from '../net/port.ts'
import type { Guard } from '../policy/client.ts'
import type { ZoneFolders } from '../zones/load.ts'
import type { PolicySettings } from '../zones/loader.ts'
import type { EgressSettings } from './egress.ts'
import type { ChangePorts } from './noted.ts'
import type { Priorities } from './ruleset/chain.ts'

/** A set of plain addresses in somebody else's table, to be filled before the answer. */
export interface MirrorSet {
  readonly family: 'inet' | 'ip' | 'ip6'
  readonly table: string
  readonly set: string
}

export interface FirewallOptions {
  readonly backend: 'nftables' | 'memory'
  readonly table: string
  readonly guard: Guard
  /** Sandbox-facing interfaces, exact names or ending in `*`, for guard `forward`. */
  readonly interfaces: readonly string[]
  readonly mirror: readonly MirrorSet[]
  readonly ownerFlag: 'auto' | 'off'
  readonly resolverPort: number
  /** Whose packets to `upstreams` pass under guard `output`. */
  readonly resolverUid: number | undefined
  readonly upstreams: readonly Endpoint[]
  readonly inbound: readonly PortRange[]
  /** Undefined: sandboxes leave by whatever address others give them. */
  readonly snat: EgressSettings | undefined
  readonly dhcp: boolean
  /** May sandboxes send ICMP echo requests to what is open to them? */
  readonly echo: boolean
  readonly priorities: Priorities
}

export interface LeaseLimits {
  /** A shorter TTL counts as this. */
  readonly leastTtlSeconds: number
  /** Clients connect a while after the answer and keep addresses past their TTL. */
  readonly marginSeconds: number
  readonly longestLeaseSeconds: number
  /** For how long after DNS has named an address last its use may keep it open. */
  readonly confirmedSeconds: number
  readonly mostLeases: number
  /** Of one client, by whoever pays (policy/client.ts). */
  readonly leasesPerClient: number
  /** Of one client address at once, or of an IPv6 /64 for who is not named by a single one, who behind one interface have four times as many together, under guard forward; 0: as many as they like. */
  readonly flowsPerClient: number
  /** That one client address begins in a second, under guard forward, and one interface four times as many; 0: as many as it likes. */
  readonly dnsFlowsPerSecond: number
  /** That one client holds at once; beyond it the longest unused goes. */
  readonly addressesPerName: number
}

/** What is in use stays open. */
export interface UseSettings {
  /** For how long a client may come back after its last packet, or after the TTL. */
  readonly reconnectSeconds: number
  /** How often flows are looked at. */
  readonly surveySeconds: number
}

/** What the kernel's side needs to know. */
export type KernelOptions = Pick<UpdaterOptions, 'firewall' | 'limits' | 'settings' | 'log'>

export interface UpdaterOptions {
  /** Its folder is made, closed to all others, and given to `peerUid`. */
  readonly socketPath: string
  /** The only uid that may connect; undefined: our own. */
  readonly peerUid: number | undefined
  readonly folders: ZoneFolders
  readonly settings: PolicySettings
  /** The folder of clients that join at run time. It is there, and ours alone to write. */
  readonly joined: string
  readonly firewall: FirewallOptions
  readonly limits: LeaseLimits
  readonly use: UseSettings
  /** Hears of every change in the kernel. */
  readonly changes?: ChangePorts
  /** What the process has counted beside the updater, for metrics. */
  readonly figures?: () => Figures
  readonly log: Logger
}
