// What was contacted: flows that the rules have recorded, with what they carried, the names that opened their addresses and what policy says of them.

import type { Address } from '../net/address.ts'
import { coversPort, type Protocol } from '../net/port.ts'
import type { Client } from '../policy/client.ts'
import { decideAddress, decideName } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { Rule } from '../policy/rule.ts'
import type { Firewall } from './firewall.ts'
import type { Holder, Name } from './lease.ts'
import type { Recorded } from './ruleset/record.ts'
import type { Volume } from './volumes.ts'

export interface Contact {
  /** The client's id. */
  readonly client: string
  readonly address: Address
  readonly protocol: Protocol
  readonly port: number
  /** The names that have the address open for the client, or had it last; none: it was contacted without any lookup, or long after. */
  readonly names: readonly Name[]
  readonly verdict: 'allow' | 'audit' | 'deny'
  /** The entries that decide. */
  readonly rules: readonly Rule[]
  /** Since the kernel began to count: flows begun, or packets that would have begun some. */
  readonly connections: number
  /** Of them, in both directions, since the updater began to count. Undefined: the kernel counts none. */
  readonly packets: number | undefined
  readonly octets: number | undefined
  /** Since the last packet that was judged: what goes on is not. */
  readonly lastSeenAgoMs: number
}

/** Under guard output the namespace is the one client. */
const NAMESPACE = '127.0.0.1' as Address
/** Of one contact. */
export const MOST_NAMES = 8

type Key = Pick<Recorded, 'client' | 'destination' | 'protocol' | 'port'>

interface Flow {
  readonly key: Key
  connections: number
  packets: number | undefined
  octets: number | undefined
  verdict: 'allow' | 'audit' | 'deny'
  lastSeenAgoMs: number
}

/** Reads all records of the kernel: costs some milliseconds for each thousand flows. `volumes` undefined: nobody counts them. */
export function readContacts(
  firewall: Firewall,
  volumes: Iterable<Volume> | undefined,
  grants: Iterable<Holder>,
  former: Iterable<Holder>,
  policy: Policy,
  wall: number,
): readonly Contact[] {
  const flows = new Map<string, Flow>()
  const volume = volumes === undefined ? undefined : 0
  for (const record of firewall.records('begun')) noteRecord(flowOf(flows, record, 'allow', volume), record)
  for (const each of volumes ?? []) noteVolume(flowOf(flows, each, 'allow', 0), each)
  // What audit mode let through was begun as well; refusals were not, and their rule sees each of their packets.
  for (const record of firewall.records('audit')) flowOf(flows, record, 'audit', volume).verdict = 'audit'
  for (const record of firewall.records('refused')) {
    const flow = flowOf(flows, record, 'deny', 0)
    noteRecord(flow, record)
    noteVolume(flow, record)
  }
  if (flows.size === 0) return []
  const contacted = new Set(Iterator.from(flows.values()).map(({ key }) => key.destination))
  const [open, before] = [indexNames(grants, contacted, policy), indexNames(former, contacted, policy)]
  const namesAt = (client: Client, address: Address) => open(client, address) ?? before(client, address) ?? []
  return Array.from(flows.values(), (flow) => toContact(flow, namesAt, policy, wall))
}

/** One packet of each flow comes to the rule that records. */
function noteRecord(flow: Flow, { packets, lastSeenAgoMs }: Recorded): void {
  flow.connections = packets
  flow.lastSeenAgoMs = lastSeenAgoMs
}

function noteVolume(flow: Flow, { packets, octets }: Pick<Volume, 'packets' | 'octets'>): void {
  flow.packets = packets
  flow.octets = octets
}

/** What was let through once and refused at another time is one flow for each. */
function flowOf(flows: Map<string, Flow>, key: Key, verdict: Flow['verdict'], volume: number | undefined): Flow {
  const { client, destination, protocol, port } = key
  const text = `${client} ${destination} ${protocol} ${port}${verdict === 'deny' ? ' refused' : ''}`
  const flow = flows.get(text) ?? { key, connections: 0, packets: volume, octets: volume, verdict, lastSeenAgoMs: 0 }
  flows.set(text, flow)
  return flow
}

/**
 * Names by the client and the address that they open; under guard output the namespace is one client, whatever address it asked from.
 * Of the addresses that have been contacted only: many more are open, and whoever waits for his to be opened waits for this too.
 */
function indexNames(
  holders: Iterable<Holder>,
  contacted: ReadonlySet<Address>,
  { guard }: Policy,
): (client: Client, address: Address) => readonly Name[] | undefined {
  const keyOf = (clientId: string, address: Address) => (guard === 'forward' ? `${clientId} ${address}` : address)
  const names = new Map<string, Set<Name>>()
  for (const { clientId, address, name } of holders) {
    if (!contacted.has(address)) continue
    const key = keyOf(clientId, address)
    const known = names.get(key)
    if (known === undefined) names.set(key, new Set([name]))
    else if (known.size < MOST_NAMES) known.add(name)
  }
  return (client, address) => {
    const found = names.get(keyOf(client.id, address))
    return found === undefined ? undefined : [...found]
  }
}

function toContact(flow: Flow, namesAt: (client: Client, address: Address) => readonly Name[], policy: Policy, wall: number): Contact {
  const { client: source = NAMESPACE, destination: address, protocol, port } = flow.key
  const client = policy.clientAt(source)
  const names = namesAt(client, address)
  const { connections, packets, octets, lastSeenAgoMs } = flow
  return {
    client: client.id,
    address,
    protocol,
    port,
    names,
    ...judge(flow, client, names, wall),
    connections,
    packets,
    octets,
    lastSeenAgoMs,
  }
}

/** A name that audit mode alone has opened makes its flows audited, unless an allowed name or a static entry opens the port too. */
function judge(flow: Flow, { view }: Client, names: readonly Name[], wall: number): Pick<Contact, 'verdict' | 'rules'> {
  const { protocol, port, destination } = flow.key
  const rules: Rule[] = []
  for (const name of names) {
    const verdict = decideName(view, name, wall)
    if (verdict.kind === 'allow' && verdict.audited === undefined && coversPort(verdict.ports, protocol, port)) rules.push(...verdict.rules)
  }
  const address = decideAddress(view, destination, wall)
  if (address.kind === 'allow' && coversPort(address.ports, protocol, port)) rules.push(...address.rules)
  if (flow.verdict === 'deny')
    return { verdict: 'deny', rules: address.kind === 'deny' && address.rule !== undefined ? [address.rule] : [] }
  return { verdict: rules.length > 0 || (!view.audit && flow.verdict === 'allow') ? 'allow' : 'audit', rules }
}
