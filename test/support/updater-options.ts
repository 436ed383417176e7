// An updater as tests and benchmarks start it in their own process: what is not asked of it in particular.
import { createLog } from '../../src/log.ts'
import { DEFAULT_PRIORITIES } from '../../src/updater/ruleset/chain.ts'
import type { FirewallOptions, UpdaterOptions } from '../../src/updater/updater.ts'

export const FIREWALL: FirewallOptions = {
  backend: 'nftables',
  table: 'sallyport',
  guard: 'forward',
  interfaces: ['veth*'],
  mirror: [],
  ownerFlag: 'off',
  resolverPort: 53,
  resolverUid: undefined,
  upstreams: [],
  inbound: [],
  snat: undefined,
  priorities: DEFAULT_PRIORITIES,
  dhcp: false,
  echo: false,
}

export const LIMITS: UpdaterOptions['limits'] = {
  confirmedSeconds: 3600,
  leastTtlSeconds: 60,
  marginSeconds: 60,
  longestLeaseSeconds: 3600,
  mostLeases: 65_536,
  leasesPerClient: 65_536,
  dnsFlowsPerSecond: 0,
  addressesPerName: 1024,
  flowsPerClient: 8192,
}

export const SILENT = createLog({ level: 'silent', format: 'json', part: 'updater' })
