// A description to vary: what the tests of the ruleset have in common.
import type { Nftables } from '../../src/linux/nftables/nftables.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import type { Access, PortRange } from '../../src/net/port.ts'
import { parsePrefix, prefixRange } from '../../src/net/prefix.ts'
import type { StaticSegment } from '../../src/policy/static.ts'
import { buildRuleset, type LeaseElement, readPresent } from '../../src/updater/ruleset/build.ts'
import { DEFAULT_PRIORITIES } from '../../src/updater/ruleset/chain.ts'
import type { RulesetDescription } from '../../src/updater/ruleset/description.ts'
import { encodeLeaseKey, leaseSetOf } from '../../src/updater/ruleset/key.ts'
import { type Recorded, readRecords } from '../../src/updater/ruleset/record.ts'
import type { RecordKind } from '../../src/updater/ruleset/sets.ts'
import type { Namespace } from '../support/namespace.ts'
import { inNamespace } from '../support/netns.ts'

export const RESOLVER_PORT = 5300
export const RESOLVER_UID = 990

export function describe(guard: 'forward' | 'output', changes: Partial<RulesetDescription> = {}): RulesetDescription {
  return {
    table: 'sallyport',
    guard,
    protection: { kind: 'none' },
    interfaces: guard === 'forward' ? ['sbx*'] : [],
    resolver: { port: RESOLVER_PORT, uid: RESOLVER_UID },
    upstreams: [],
    inbound: [],
    dhcp: false,
    echo: false,
    egress: [],
    priorities: DEFAULT_PRIORITIES,
    ranges: [],
    segments: [],
    revoked: [],
    audited: [],
    closed: [],
    named: [],
    flowsPerClient: 0,
    dnsFlowsPerSecond: 0,
    sizes: { leases: 65_536, records: 4_096, statics: 4_096 },
    ...changes,
  }
}

/** What the rules have recorded in a namespace. */
export function listRecords(place: Namespace, nftables: Nftables, description: RulesetDescription, kind: RecordKind): readonly Recorded[] {
  return inNamespace(place, () => [...readRecords(nftables, description, kind)].flat())
}

/** Makes the table what the description says, around what is there, in one transaction. */
export function install(nftables: Nftables, description: RulesetDescription, elements: readonly LeaseElement[] = []): void {
  const transaction = nftables.begin()
  transaction.addAll(buildRuleset(description, readPresent(nftables, description.table), elements))
  nftables.commit(transaction)
}

/** The element of a lease of a minute. */
export function lease(client: string | undefined, destination: string, ports: Access): LeaseElement {
  const key = { client: client === undefined ? undefined : addressOf(client), destination: addressOf(destination), ports }
  return { set: leaseSetOf(key), element: { key: encodeLeaseKey(key), timeoutMs: 60_000, comment: 'test.example' } }
}

/** A static entry for every client. */
export function segment(destination: string, ports: PortRange): StaticSegment {
  const prefix = parsePrefix(destination)!
  const everybody = { first: 0n, last: (1n << (prefix.family === 4 ? 32n : 128n)) - 1n }
  return { family: prefix.family, client: everybody, destination: prefixRange(prefix), ports }
}

export function tcp(first: number, last = first): PortRange {
  return { protocol: 'tcp', first, last }
}

export function udp(first: number, last = first): PortRange {
  return { protocol: 'udp', first, last }
}

export function addressOf(text: string): Address {
  return parseAddress(text)!
}
