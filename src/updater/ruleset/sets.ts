// The table's sets. Learned elements live in hash sets with timeouts, static entries in interval sets that change at reload only.
import type { KeyPart } from '../../linux/nftables/match.ts'
import type { NewSet } from '../../linux/nftables/message.ts'
import { type Field, SET_FLAG } from '../../linux/nftables/vocabulary.ts'
import type { Family } from '../../net/address.ts'
import { ANY_PORTS, type PortRange } from '../../net/port.ts'
import { METADATA_ADDRESSES } from '../../net/special.ts'
import type { RulesetDescription } from './description.ts'
import { isSinglePort, learnedSetName } from './key.ts'

export const FAMILIES = [4, 6] as const
/** How long what the rules record is remembered after its last packet. */
export const RECORD_TIMEOUT_MS = 3_600_000

/** How long what has been closed is remembered, should the updater die before it has ended its flows; the next one reads it here. */
export const REVOKED_TIMEOUT_MS = 10_000
export const MOST_REVOKED = 16_384
/** What has run out takes its place until the kernel has swept it. */
const REVOKED_SIZE = 2 * MOST_REVOKED

type Guard = RulesetDescription['guard']

/**
 * The key of a flow, from any packet of it: what the client meant to reach, whatever DNAT of others has made of it since.
 * Under guard output the namespace is the one client, and keys do not name it.
 */
export function flowParts(guard: Guard): readonly KeyPart[] {
  return [...pairParts(guard), 'l4proto', 'flowDport']
}

/** The key of a flow on any port. */
export function pairParts(guard: Guard): readonly KeyPart[] {
  return guard === 'forward' ? ['flowSaddr', 'flowDaddr'] : ['flowDaddr']
}

/** The key of a packet, for what may belong to no flow. */
export function packetParts(guard: Guard): readonly KeyPart[] {
  return [...(guard === 'forward' ? (['saddr'] as const) : []), 'daddr', 'l4proto', 'dport']
}

/** What the rules record, each in a set for either family. */
export const RECORD_KINDS = ['refused', 'audit', 'begun'] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** Who has been silent for so long begins anew. */
export const DNS_FLOWS_TIMEOUT_MS = 60_000
export function buildSets(description: RulesetDescription): readonly NewSet[] {
  return [
    ...dnsFlowSets(description),
    ...flowSets(description),
    ...dhcpSets(description),
    ...FAMILIES.flatMap((family) => familySets(description, family)),
  ]
}

function dnsFlowSets({ dnsFlowsPerSecond, sizes }: RulesetDescription): readonly NewSet[] {
  if (dnsFlowsPerSecond === 0) return []
  const shared = { flags: SET_FLAG.EVAL | SET_FLAG.TIMEOUT, size: sizes.records, timeoutMs: DNS_FLOWS_TIMEOUT_MS }
  return [
    { name: 'dns_flows4', key: ['ipv4_addr'], comment: 'how many DNS flows each source begins a second', ...shared },
    { name: 'dns_flows6', key: ['ipv6_addr'], comment: 'how many DNS flows each source begins a second', ...shared },
    { name: 'dns_flows', key: ['iface_index'], comment: 'and how many each interface', ...shared },
  ]
}

/** No element is without a flow, so that connection tracking is full before the sets are, and nobody escapes his limit by filling them. */
const MOST_COUNTED = 4_194_304

function flowSets({ guard, sizes }: RulesetDescription): readonly NewSet[] {
  if (guard === 'output') return []
  const counted = { flags: SET_FLAG.EVAL, size: MOST_COUNTED }
  return [
    ...FAMILIES.flatMap((family): readonly NewSet[] => {
      const key = fieldsOf(family, ['flowSaddr', 'sport'])
      return [
        { name: `named${family}`, key: key.slice(0, 1), flags: 0, size: sizes.statics, comment: 'addresses that are a client each' },
        { name: `flows${family}`, key, comment: 'how many flows each source has', ...counted },
      ]
    }),
    {
      name: 'flows',
      key: ['iface_index', 'inet_service'],
      comment: 'how many flows those behind an interface have who are no client each',
      ...counted,
    },
  ]
}

/** What a DHCP server gives is looked for in the same packet, and by the others of the same moment. */
export const DHCP_GIVEN_TIMEOUT_MS = 1_000
/** As long as connection tracking knows who has asked once (nf_conntrack_udp_timeout is 30 s). */
export const DHCP_RELAY_TIMEOUT_MS = 30_000

function dhcpSets({ guard, dhcp, sizes }: RulesetDescription): readonly NewSet[] {
  if (guard === 'output' || !dhcp) return []
  const shared = { flags: SET_FLAG.EVAL | SET_FLAG.TIMEOUT, size: sizes.records, timeoutMs: DHCP_GIVEN_TIMEOUT_MS }
  return [
    { name: 'dhcp_given', key: ['ipv4_addr'], comment: 'addresses that a DHCP server is giving', ...shared },
    { name: 'dhcp_relays', key: ['ipv4_addr'], comment: 'relays outside that have asked', ...shared, timeoutMs: DHCP_RELAY_TIMEOUT_MS },
  ]
}

function familySets(description: RulesetDescription, family: Family): readonly NewSet[] {
  return [
    ...learnedSets(description, family),
    staticSet(description, family),
    revokedSet(description, family),
    recordSet(description, family, 'refused', 'refused lately, with the packets so far: sallyport why says the reason'),
    recordSet(description, family, 'audit', 'let through lately, because audit mode does; enforced, it would be refused'),
    recordSet(description, family, 'begun', 'flows begun lately, with the packets that began them: sallyport audit'),
    ...fixedSets(description, family),
  ]
}

/** The port ranges that have a set of their own, each once. */
export function rangesOf(description: RulesetDescription): readonly PortRange[] {
  const ranges = description.ranges.filter((range) => range.protocol !== 'any' && !isSinglePort(range))
  return [...new Map(ranges.map((range) => [learnedSetName(range, 4), range])).values()]
}

/** Without counters: those would begin anew with each comment, and double the price of an element. What passes is counted by connection tracking. */
function learnedSets(description: RulesetDescription, family: Family): readonly NewSet[] {
  const { guard } = description
  const learned = (name: string, parts: readonly KeyPart[], comment: string): NewSet => {
    const key = fieldsOf(family, parts)
    return { name, key, flags: SET_FLAG.TIMEOUT, size: description.sizes.leases, comment }
  }
  const who = guard === 'forward' ? 'client . destination' : 'destination'
  return [
    learned(`allow${family}`, flowParts(guard), `${who} . port: answered names, open until the time-out; the comment says which`),
    learned(learnedSetName(ANY_PORTS, family), pairParts(guard), `${who}: answered names that are allowed on any port`),
    ...rangesOf(description).map((range) =>
      learned(learnedSetName(range, family), pairParts(guard), `${who}: answered names that are allowed on ${rangeText(range)}`),
    ),
  ]
}

function rangeText({ protocol, first, last }: PortRange): string {
  return `${protocol}/${first}-${last}`
}

function staticSet({ guard, sizes }: RulesetDescription, family: Family): NewSet {
  const key = fieldsOf(family, flowParts(guard))
  return {
    name: `static${family}`,
    key,
    flags: SET_FLAG.INTERVAL,
    size: sizes.statics,
    comment: 'addresses and prefixes that zone files allow; rewritten at reload',
  }
}

function revokedSet({ guard }: RulesetDescription, family: Family): NewSet {
  const key = fieldsOf(family, pairParts(guard))
  const who = guard === 'forward' ? 'client . destination' : 'destination'
  return {
    name: `revoked${family}`,
    key,
    flags: SET_FLAG.TIMEOUT,
    size: REVOKED_SIZE,
    comment: `${who}: closed lately; flows are judged anew`,
  }
}

function recordSet({ guard, sizes }: RulesetDescription, family: Family, kind: RecordKind, comment: string): NewSet {
  const key = fieldsOf(family, flowParts(guard))
  const flags = SET_FLAG.EVAL | SET_FLAG.TIMEOUT
  return { name: `${kind}${family}`, key, flags, size: sizes.records, timeoutMs: RECORD_TIMEOUT_MS, comment }
}

function fixedSets({ guard, sizes }: RulesetDescription, family: Family): readonly NewSet[] {
  const flags = SET_FLAG.INTERVAL
  const size = sizes.statics
  const clients = { name: `audited${family}`, key: fieldsOf(family, ['saddr', 'l4proto']), flags, size, comment: 'clients in audit mode' }
  const stranded = { ...clients, name: `stranded${family}`, comment: 'clients whose fixed address is not on this host' }
  return [
    {
      name: `metadata${family}`,
      key: fieldsOf(family, ['daddr']),
      flags: 0,
      size: METADATA_ADDRESSES.length,
      comment: 'cloud metadata services',
    },
    ...(guard === 'forward' ? [clients, stranded] : []),
    { name: `closed${family}`, key: fieldsOf(family, ['daddr', 'l4proto']), flags, size, comment: 'closed in audit mode too' },
  ]
}

function fieldsOf(family: Family, parts: readonly KeyPart[]): readonly Field[] {
  const address = family === 4 ? 'ipv4_addr' : 'ipv6_addr'
  return parts.map((part) => (part === 'l4proto' ? 'inet_proto' : part.endsWith('addr') ? address : 'inet_service'))
}
