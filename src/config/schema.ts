// The shape of sallyport.yaml. The published JSON Schema is made from it, so every key has a description.

import type { z as Zod } from 'zod'
import {
  addressPair,
  clientName,
  clientPart,
  endpoint,
  file,
  flag,
  folder,
  identifier,
  interfacePattern,
  metricsListen,
  mirror,
  oneOf,
  oneOrMore,
  plainUpstream,
  portRange,
  prefix,
  selector,
  suffix,
  toPlace,
  upstream,
  user,
  wholeNumber,
} from './leaf.ts'
import { z } from './zod.ts'

const MEBI = 1024 * 1024

function section<T extends Zod.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? 'expected a section of settings' : undefined) })
}

const zones = z
  .union([folder, section({ base: folder, app: folder })], { error: 'expected a folder, or {base: FOLDER, app: FOLDER}' })
  .default('./zones')
  .describe('Folder of *.zone files, or two folders that decide the tier. Relative to this file.')

const clients = z
  .record(clientName, oneOrMore(clientPart, 'addresses, prefixes and interfaces').transform(toPlace), {
    error: 'expected client names, each with its addresses',
  })
  .prefault({})
  .describe(
    'Names for clients, each with its addresses, prefixes, or under guard: forward its interfaces: {reviewer-7: [10.77.0.2, "fd77::2"], builder: vethb*}; [] for one that joins at run time',
  )

const budget = section({
  names: wholeNumber(1, 65_536).default(1000).describe('Distinct names below an allowed wildcard that a client may ask for in an hour'),
  octets: wholeNumber(256, 1024 * MEBI)
    .default(65_536)
    .describe('Octets of those names that may leave in an hour, and two for each time that one is asked upstream'),
  enforce: flag.default(false).describe('Whether what goes beyond is denied; otherwise it is warned of once in the hour'),
})

const resolver = section({
  listen: z
    .union([z.literal('auto'), oneOrMore(endpoint, 'addresses')], { error: 'expected auto, an address, or a list of addresses' })
    .prefault('auto')
    .describe('auto: port 53 on the sandbox interfaces and loopback under a guard, else 127.0.0.1:5300 and [::1]:5300'),
  upstreams: oneOrMore(upstream, 'upstreams')
    .prefault('system')
    .describe('Whom allowed names are forwarded to: addresses, tls:// and https:// URLs, or system for what resolv.conf says'),
  suffixes: z
    .record(suffix, oneOrMore(upstream, 'upstreams'), { error: 'expected suffixes, each with its upstreams' })
    .prefault({})
    .describe('Upstreams of their own for names at and below a suffix: {corp.example: 10.0.0.53}'),
  bootstrap: oneOrMore(plainUpstream, 'upstreams')
    .prefault('system')
    .describe('Whom the addresses of upstreams that are given by name are asked of'),
  authorities: file
    .optional()
    .describe('PEM file of the authorities that certificates of upstreams must chain to; without it those that Node trusts'),
  maxTtlSeconds: wholeNumber(1, 86_400).default(300).describe('The longest TTL that a client is told'),
  cacheOctets: wholeNumber(MEBI, 4096 * MEBI)
    .default(64 * MEBI)
    .describe('Bound of the cache in octets'),
  staleSeconds: wholeNumber(0, 604_800)
    .default(86_400)
    .describe('For how long beyond its TTL an answer is handed out when no upstream answers; 0: never'),
  prefetch: flag.default(true).describe('Whether names in use are asked for anew shortly before they expire'),
  budget: budget.prefault({}).describe('What a client may say to the servers of a wildcard by the names it asks for. Exact names are free'),
  explain: flag
    .default(true)
    .describe('Whether denials tell clients their reason in words, or by the code of the Extended DNS Error alone'),
  batching: oneOf('auto', 'off')
    .default('auto')
    .describe('Whether queries are read, answered and forwarded many with one system call, where the machine can'),
  user: user.prefault('auto').describe('Whom the resolver becomes when started as root: auto, UID or UID:GID'),
})

const lease = section({
  leastTtlSeconds: wholeNumber(1, 3600).default(60).describe('A shorter TTL counts as this when the time of a lease is counted'),
  marginSeconds: wholeNumber(1, 100).default(60).describe('By how much a lease outlasts the TTL that a client is told'),
})

const use = section({
  reconnectSeconds: wholeNumber(0, 86_400)
    .default(600)
    .describe('How long an address that was used stays open after its last packet, or after its TTL; 0: as long as its lease'),
  confirmedSeconds: wholeNumber(1, 604_800)
    .default(3600)
    .describe('However busy, an address takes no new connection so long after DNS has named it last; open ones go on'),
  surveySeconds: wholeNumber(1, 300).default(20).describe('How often flows are looked at for what is in use'),
})

const limits = section({
  neverOpen: oneOrMore(prefix, 'addresses and prefixes').prefault([]).describe('Addresses that are opened for no name'),
  longestLeaseSeconds: wholeNumber(120, 604_800)
    .default(86_400)
    .describe('No address stays open longer than this without being asked for again'),
  mostLeases: wholeNumber(1, 16_777_216).default(262_144).describe('The most leases that are held at once'),
  leasesPerClient: wholeNumber(1, 16_777_216)
    .default(32_768)
    .describe(
      'The most leases that one client holds at once, or lost to newer addresses of their names a minute ago; who has no name is one by IPv4 address or IPv6 /64',
    ),
  flowsPerClient: wholeNumber(0, 1_048_576)
    .default(8192)
    .describe(
      'About the most flows that one client address has at once, or one IPv6 /64 for whoever is not named by a single address; all who are not named so have four times as many together behind one interface; for guard: forward; 0: as many as the kernel tracks',
    ),
  dnsFlowsPerSecond: wholeNumber(0, 262_144)
    .default(500)
    .describe(
      'The most DNS flows, which are questions from a port of their own, that one client address begins in a second, and one interface four times as many, for guard: forward; 0: any number',
    ),
  addressesPerName: wholeNumber(256, 65_536)
    .default(1024)
    .describe('The most addresses of one name that are open for a client; beyond it the longest unused closes'),
})

const appLimits = section({
  private: flag.default(true).describe('Whether entries of the app tier may say private'),
  any: flag.default(true).describe('Whether they may open any, or all ports of a protocol'),
  wildcards: flag.default(true).describe('Whether they may allow wildcards, and prefixes of several addresses'),
  audit: flag.optional().describe('Whether a file of the app tier may say $MODE audit; default: where base has no folder of its own'),
  ports: oneOrMore(portRange, 'ports').optional().describe('The ports that they may open; without it all'),
  names: wholeNumber(0, 10_000_000)
    .optional()
    .describe('How many of them may allow something, in all files together; a client that joins has as many again'),
  clients: oneOrMore(selector, 'clients')
    .optional()
    .describe('Names, addresses and prefixes of the clients that its files may be for; without it everybody'),
})

const snat = z.union(
  [
    addressPair.transform((everybody) => ({ everybody, clients: {} })),
    section({
      everybody: addressPair.optional().describe('For whom no other is set'),
      clients: z
        .record(z.string(), addressPair, { error: 'expected clients, each with its addresses' })
        .prefault({})
        .describe('By name, address or prefix; the narrowest counts'),
    }),
  ],
  { error: 'expected an address, one of each family, or {everybody: …, clients: {…}}' },
)

/** The kernel takes chains that translate addresses behind connection tracking (-200) alone. */
const priorities = section({
  source: wholeNumber(-400, -150).default(-300).describe('Of the chain that drops forged sources, at prerouting'),
  dns: wholeNumber(-199, 300).default(-110).describe('Of the one that leads DNS to the resolver; Docker and kube-proxy redirect at -100'),
  verdict: wholeNumber(-199, 300)
    .default(0)
    .describe('Of those that decide, at forward, input and output; 10 behind them stands a second check'),
  egress: wholeNumber(-199, 300)
    .default(90)
    .describe('Of the one that sets updater.snat, at postrouting; others masquerade at 100. Its check stands at 110'),
})

const updater = section({
  backend: oneOf('auto', 'nftables', 'memory').default('auto').describe('memory enforces nothing and goes with guard: none only'),
  table: identifier.prefault('sallyport').describe('The inet table that sallyport owns'),
  guard: oneOf('none', 'forward', 'output')
    .default('none')
    .describe('none: fills sets only; forward: guards sandbox interfaces; output: guards this network namespace'),
  interfaces: oneOrMore(interfacePattern, 'interfaces')
    .prefault([])
    .describe('Sandbox-facing interfaces, names or patterns, for guard: forward'),
  mirror: oneOrMore(mirror, 'sets')
    .prefault([])
    .describe('Your own sets of plain addresses to fill before the answer, as "inet fw4 allowed4"'),
  snat: snat
    .optional()
    .describe(
      'Fixed source address of all that leaves, for guard: forward: one of each family, or {everybody: …, clients: {reviewer-7: …, 10.77.1.0/24: …}}',
    ),
  owner: oneOf('auto', 'off').default('auto').describe('Whether the table carries the flags owner and persist where the kernel can'),
  inbound: oneOrMore(portRange, 'ports').prefault([]).describe('Ports of sandboxes that the outside may reach, for guard: forward'),
  dhcp: flag
    .default(false)
    .describe(
      'Whether sandboxes reach a DHCP server on the gateway, as clients and not as relays; for guard: output, whether they ask everybody on the link. What any server on a gateway says then goes to relays that have asked and whoever gets the address; who has one elsewhere is told nothing else (DHCPINFORM). Set it wherever one serves sandboxes: Kea and ISC dhcpd hear them by packet sockets, before any rule. The latter then answers relays outside in the name of a sandbox: let none but yours reach it',
    ),
  echo: flag.default(false).describe('Whether sandboxes may ping (ICMP echo) the addresses that are open to them, whatever the ports'),
  priorities: priorities.prefault({}).describe('Where our chains stand among those of others: the lower number comes first'),
  lease: lease.prefault({}).describe('How long an answered address stays open'),
  use: use.prefault({}).describe('What is in use stays open'),
  limits: limits.prefault({}).describe('What the updater refuses whatever the resolver asks'),
  user: user.prefault('auto').describe('Whom the updater becomes when started as root: auto, UID or UID:GID'),
})

const journal = section({
  enabled: flag.default(true).describe('Whether decisions, contacts and firewall changes are recorded'),
  folder: folder
    .optional()
    .describe(
      'Folder of the decision log; default: journal in the state folder if that is set, else /var/lib/sallyport for root and $XDG_STATE_HOME/sallyport for others',
    ),
  onFailure: oneOf('count', 'deny')
    .default('count')
    .describe('While records cannot be written: count them as lost, or deny, that is open no address and answer SERVFAIL'),
  fileOctets: wholeNumber(4096, 1024 * MEBI)
    .default(64 * MEBI)
    .describe('A log file of that size is followed by the next'),
  keepFiles: wholeNumber(2, 10_000).default(16).describe('How many files of each process are kept; what was deleted is recorded'),
  syncSeconds: wholeNumber(1, 3600).default(5).describe('The longest time that records are not on the disk yet'),
  checkpointSeconds: wholeNumber(1, 86_400).default(60).describe('How often the updater signs how far the log has come'),
  announce: flag.default(false).describe('Whether each checkpoint goes to standard error too, to be kept elsewhere'),
})

const metrics = section({
  listen: metricsListen
    .prefault('off')
    .describe(
      'Where Prometheus reads both processes at /metrics: an address and port as 127.0.0.1:9353, or the path of a Unix socket, which guard: output needs; off: nowhere',
    ),
})

const log = section({
  level: oneOf('debug', 'info', 'warn', 'error').default('info').describe('The least severe record that is written'),
  format: oneOf('auto', 'json', 'pretty', 'journal')
    .default('auto')
    .describe(
      "journal: JSON behind the level as systemd's journal reads it; auto: pretty on a terminal, journal where that reads, JSON elsewhere",
    ),
})

export const settingsSchema = section({
  zones,
  mode: oneOf('enforce', 'audit').default('enforce').describe('audit: denied names are let through and recorded'),
  clients,
  limits: section({ app: appLimits.prefault({}).describe('What files of the app tier may say') })
    .prefault({})
    .describe('What owners of zone files may do'),
  resolver: resolver.prefault({}).describe('The DNS side'),
  updater: updater.prefault({}).describe('The firewall side'),
  state: folder
    .optional()
    .describe('Folder of sockets and of what budgets have spent; /run/sallyport for root, else sallyport in $XDG_RUNTIME_DIR'),
  journal: journal.prefault({}).describe('The decision log'),
  metrics: metrics.prefault({}).describe('What has happened, in numbers'),
  log: log.prefault({}).describe('What is written on standard error'),
})

export type Settings = Zod.output<typeof settingsSchema>

/** The JSON Schema of sallyport.yaml, as published in `sallyport.schema.json`. */
export function jsonSchema(): Record<string, unknown> {
  return { title: 'sallyport.yaml', ...z.toJSONSchema(settingsSchema, { io: 'input' }) }
}
