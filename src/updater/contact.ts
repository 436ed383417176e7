// What was contacted: flows that the rules have recorded, with what they carried, the names that opened their addresses and what policy says of them.

import type { Address } from '../net/address.ts'
import { coversPort, type Protocol } from '../net/port.ts'
import type { Client } from '../policy/client.ts'
import { decideAddress, decideName } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { Rule } from '../policy/rule.ts'
import type { Farewell, Seen } from './farewell.ts'
import type { Firewall } from './firewall.ts'
import type { Holder, Name } from './lease.ts'
import type { Recorded, RecordKey } from './ruleset/record.ts'
import { RECORD_KINDS, type RecordKind } from './ruleset/sets.ts'
import type { Volume, Volumes } from './volumes.ts'

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

/** Of one client to a port of an address. */
export interface Contacting extends RecordKey, Seen {
  /** Where it is recorded. */
  readonly kinds: RecordKind[]
  connections: number
  packets: number | undefined
  octets: number | undefined
  verdict: 'allow' | 'audit' | 'deny'
  lastSeenAgoMs: number
  seenAt: number
}

export interface ContactSources {
  readonly firewall: Pick<Firewall, 'records'>
  /** Undefined: nobody counts them. */
  readonly volumes: Iterable<Volume> | undefined
  readonly farewell: Pick<Farewell<Contacting>, 'assign'>
  readonly grants: Iterable<Holder>
  readonly former: Iterable<Holder>
  readonly policy: Policy
  readonly wall: number
  /** The clock of volumes and farewell. */
  now(): number
}

/** Reads all records of the kernel: costs some milliseconds for each thousand flows. */
export function readContacts({ firewall, volumes, farewell, now, grants, former, policy, wall }: ContactSources): readonly Contact[] {
  const flows = new Map<string, Contacting>()
  const volume = volumes === undefined ? undefined : 0
  // Taken before each reading, which takes its time: what was seen before somebody left must not look later than that.
  let at = now()
  for (const record of firewall.records('begun')) noteRecord(flowOf(flows, record, 'allow', volume), record, 'begun', at)
  for (const each of volumes ?? []) {
    const flow = flowOf(flows, each, 'allow', 0)
    if (flow.kinds.length === 0) flow.seenAt = each.grewAt
    noteVolume(flow, each)
  }
  at = now()
  // What audit mode let through was begun as well; refusals were not, and their rule sees each of their packets.
  for (const record of firewall.records('audit')) {
    const flow = flowOf(flows, record, 'audit', volume)
    flow.verdict = 'audit'
    flow.kinds.push('audit')
    flow.seenAt = Math.max(flow.seenAt, at - record.lastSeenAgoMs)
  }
  at = now()
  for (const record of firewall.records('refused')) {
    const flow = flowOf(flows, record, 'deny', 0)
    noteRecord(flow, record, 'refused', at)
    noteVolume(flow, record)
  }
  const told = [...farewell.assign(flows.values(), policy)]
  if (told.length === 0) return []
  const contacted = new Set(told.map(([{ destination }]) => destination))
  const [open, before] = [indexNames(grants, contacted, policy), indexNames(former, contacted, policy)]
  const namesAt = (client: Client, address: Address) => open(client, address) ?? before(client, address) ?? []
  return told.map(([flow, theirs]) => toContact(flow, namesAt, theirs, wall))
}

/** Takes these out of all that is recorded and counted. Throws NetlinkError. */
export function forgetContacts(
  firewall: Pick<Firewall, 'forget'>,
  volumes: Pick<Volumes, 'forget'> | undefined,
  gone: readonly Contacting[],
): void {
  for (const kind of RECORD_KINDS) {
    const keys = gone.filter(({ kinds }) => kinds.includes(kind))
    if (keys.length > 0) firewall.forget(kind, keys)
  }
  volumes?.forget(gone.filter(({ verdict }) => verdict !== 'deny'))
}

/** One packet of each flow comes to the rule that records. */
function noteRecord(flow: Contacting, { packets, lastSeenAgoMs }: Recorded, kind: RecordKind, at: number): void {
  flow.seenAt = at - lastSeenAgoMs
  flow.kinds.push(kind)
  flow.connections = packets
  flow.lastSeenAgoMs = lastSeenAgoMs
}

function noteVolume(flow: Contacting, { packets, octets }: Pick<Volume, 'packets' | 'octets'>): void {
  flow.packets = packets
  flow.octets = octets
}

/** What was let through once and refused at another time is one flow for each. */
function flowOf(flows: Map<string, Contacting>, key: RecordKey, verdict: Contacting['verdict'], volume: number | undefined): Contacting {
  const { client, destination, protocol, port } = key
  const text = `${client} ${destination} ${protocol} ${port}${verdict === 'deny' ? ' refused' : ''}`
  const flow = flows.get(text) ?? {
    ...{ client, destination, protocol, port, kinds: [] },
    ...{ connections: 0, packets: volume, octets: volume, verdict, lastSeenAgoMs: 0, seenAt: 0 },
  }
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

function toContact(
  flow: Contacting,
  namesAt: (client: Client, address: Address) => readonly Name[],
  policy: Policy,
  wall: number,
): Contact {
  const { client: source = NAMESPACE, destination: address, protocol, port } = flow
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
function judge(flow: Contacting, { view }: Client, names: readonly Name[], wall: number): Pick<Contact, 'verdict' | 'rules'> {
  const { protocol, port, destination } = flow
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
