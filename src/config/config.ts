import type { Address } from '../net/address.ts'
import type { Endpoint } from '../net/endpoint.ts'
import type { Place } from '../net/place.ts'
import type { PortRange } from '../net/port.ts'
import type { Prefix } from '../net/prefix.ts'
import type { ServiceManager } from './environment.ts'

/** All settings, checked, with every default filled in and every path absolute. Made once at start, by `readConfig`. */
export interface Config {
  /** The settings file that was read; undefined where there is none and the defaults hold. */
  readonly file: string | undefined
  readonly zones: ZoneSetting
  readonly mode: 'enforce' | 'audit'
  readonly clients: readonly ClientSetting[]
  readonly limits: { readonly app: AppLimits }
  readonly resolver: ResolverConfig
  readonly updater: UpdaterConfig
  /** The folder of sockets and of the running supervisor's process id. */
  readonly state: string
  readonly journal: JournalConfig
  readonly metrics: { readonly listen: MetricsSetting }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'json' | 'pretty' | 'journal' }
  readonly manager: ServiceManager | undefined
}

export type ZoneSetting = (
  | { readonly kind: 'one'; readonly folder: string }
  | { readonly kind: 'tiers'; readonly base: string; readonly app: string }
) & {
  /** One more folder, of the app tier: what a command line allows. */
  readonly also?: string
}

export interface ClientSetting extends Place {
  readonly name: string
}

/** What files of the app tier may say. */
export interface AppLimits {
  readonly private: boolean
  readonly any: boolean
  readonly wildcards: boolean
  /** Undefined: where the tiers share a folder. */
  readonly audit: boolean | undefined
  /** Undefined: any. */
  readonly ports: readonly PortRange[] | undefined
  readonly names: number | undefined
  /** Undefined: everybody. */
  readonly clients: readonly SelectorSetting[] | undefined
}

export type SelectorSetting = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'prefix'; readonly prefix: Prefix }

export interface ResolverConfig {
  readonly listen: 'auto' | readonly Endpoint[]
  readonly upstreams: readonly UpstreamSetting[]
  /** Names at and below each suffix, in lower case, go to its own upstreams. */
  readonly suffixes: readonly SuffixSetting[]
  /** Whom the addresses of upstreams given by name are asked of. */
  readonly bootstrap: readonly UpstreamSetting[]
  /** A PEM file of authorities for upstreams over TLS and HTTPS; undefined: those that Node trusts. */
  readonly authorities: string | undefined
  readonly maxTtlSeconds: number
  readonly cacheOctets: number
  readonly batching: 'auto' | 'off'
  /** For how long beyond its TTL an answer is handed out when no upstream answers; zero: never. */
  readonly staleSeconds: number
  /** Are names in use asked for anew shortly before they expire? */
  readonly prefetch: boolean
  /** Names and octets that a client may ask for below a wildcard in an hour. */
  readonly budget: BudgetConfig
  /** Do denials tell their reason in words? */
  readonly explain: boolean
  readonly user: UserSetting
}

export interface BudgetConfig {
  readonly names: number
  readonly octets: number
  /** Is what goes beyond denied, or only warned of? */
  readonly enforce: boolean
}

export type UpstreamSetting =
  | { readonly kind: 'plain'; readonly endpoint: Endpoint }
  | { readonly kind: 'system' }
  | ({ readonly kind: 'tls' } & SecureSetting)
  | ({ readonly kind: 'https'; readonly path: string } & SecureSetting)

export interface SecureSetting {
  /** As written. */
  readonly label: string
  /** What the certificate must be for: a name, or the text of an address. */
  readonly name: string
  readonly port: number
  /** Undefined: the name is looked up. */
  readonly address: Address | undefined
}

export interface SuffixSetting {
  readonly suffix: string
  readonly upstreams: readonly UpstreamSetting[]
}

/** Whom a process started as root becomes. */
export type UserSetting = 'auto' | { readonly uid: number; readonly gid: number }

export interface UpdaterConfig {
  readonly backend: 'auto' | 'nftables' | 'memory'
  readonly table: string
  readonly guard: 'none' | 'forward' | 'output'
  readonly interfaces: readonly string[]
  readonly mirror: readonly MirrorSetting[]
  readonly owner: 'auto' | 'off'
  readonly inbound: readonly PortRange[]
  /** Undefined: sandboxes leave by whatever address others give them. */
  readonly snat: SnatSetting | undefined
  readonly priorities: PrioritiesConfig
  readonly dhcp: boolean
  readonly echo: boolean
  readonly lease: LeaseConfig
  readonly use: UseConfig
  readonly limits: LimitsConfig
  readonly user: UserSetting
}

/** Where our chains stand among others' at their hooks. */
export interface PrioritiesConfig {
  readonly source: number
  readonly dns: number
  readonly verdict: number
  readonly egress: number
}

/** Fixed source addresses, one of each family at most. */
export interface SnatSetting {
  readonly everybody: readonly Address[]
  readonly clients: readonly { readonly selector: SelectorSetting; readonly addresses: readonly Address[] }[]
}

/** The decision log. */
export interface JournalConfig {
  readonly enabled: boolean
  readonly folder: string
  /** What happens while records cannot be written: they are counted as lost, or nothing is opened. */
  readonly onFailure: 'count' | 'deny'
  readonly fileOctets: number
  readonly keepFiles: number
  readonly syncSeconds: number
  readonly checkpointSeconds: number
  /** Is each checkpoint written to standard error too, for whoever keeps it elsewhere? */
  readonly announce: boolean
}

export type MetricsSetting =
  | { readonly kind: 'off' }
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint }
  | { readonly kind: 'socket'; readonly path: string }

export interface MirrorSetting {
  readonly family: 'inet' | 'ip' | 'ip6'
  readonly table: string
  readonly set: string
}

/** A lease lasts max(TTL, least TTL) + margin. */
export interface LeaseConfig {
  readonly leastTtlSeconds: number
  readonly marginSeconds: number
}

/** What is in use stays open. */
export interface UseConfig {
  readonly reconnectSeconds: number
  readonly confirmedSeconds: number
  readonly surveySeconds: number
}

export interface LimitsConfig {
  readonly neverOpen: readonly Prefix[]
  readonly longestLeaseSeconds: number
  readonly mostLeases: number
  readonly leasesPerClient: number
  readonly flowsPerClient: number
  readonly dnsFlowsPerSecond: number
  readonly addressesPerName: number
}

/** Settings that cannot be used. Each problem is one line that names its place: a line of the file, or a flag. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.name = 'ConfigError'
    this.problems = problems
  }
}
