// What was contacted: flows that the rules have recorded, with what they carried, the names that opened their addresses and what policy says of them.

import type { Address } from '../net/address.ts'
import { coversPort, type Protocol } from '../net/port.ts'
import type { Client } from '../policy/client.ts'
import { decideAddress, decideName } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { Rule } from '../policy/rule.ts'
import { breathe, eachBreathing } from '../zones/breath.ts'
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
  readonly farewell: Pick<Farewell<Contacting>, 'look'>
  grants(): Iterable<Holder>
  former(): Iterable<Holder>
  policy(): Policy
  wall(): number
  /** The clock of volumes and farewell. */
  now(): number
}

/** What was contacted, as of one look at the records. */
export interface ContactLook {
  readonly contacts: readonly Contact[]
  /** To be called when all of them have been told: takes those of clients that have gone out of the records, a few at a time. */
  forgetDeparted(): Promise<void>
}

/** Reads all records of the kernel, a few milliseconds a turn. Throws NetlinkError. */
export async function readContacts(sources: ContactSources): Promise<ContactLook> {
  const { firewall, volumes, farewell, now, policy } = sources
  const look = farewell.look()
  const flows = new Map<string, Contacting>()
  const volume = volumes === undefined ? undefined : 0
  await eachRecord(firewall, 'begun', now, (record, at) => noteRecord(flowOf(flows, record, 'allow', volume), record, 'begun', at))
  for (const each of volumes ?? []) {
    const flow = flowOf(flows, each, 'allow', 0)
    if (flow.kinds.length === 0) flow.seenAt = each.grewAt
    noteVolume(flow, each)
  }
  // What audit mode let through was begun as well; refusals were not, and their rule sees each of their packets.
  await eachRecord(firewall, 'audit', now, (record, at) => {
    const flow = flowOf(flows, record, 'audit', volume)
    flow.verdict = 'audit'
    flow.kinds.push('audit')
    flow.seenAt = Math.max(flow.seenAt, at - record.lastSeenAgoMs)
  })
  await eachRecord(firewall, 'refused', now, (record, at) => {
    const flow = flowOf(flows, record, 'deny', 0)
    noteRecord(flow, record, 'refused', at)
    noteVolume(flow, record)
  })
  const told: (readonly [Contacting, Policy])[] = []
  await eachBreathing(look.assign(flows.values(), policy()), (each) => told.push(each))
  return { contacts: told.length === 0 ? [] : await nameContacts(told, sources), forgetDeparted: look.forget }
}

async function nameContacts(told: readonly (readonly [Contacting, Policy])[], sources: ContactSources): Promise<readonly Contact[]> {
  const [current, wall] = [sources.policy(), sources.wall()]
  const contacted = new Set(told.map(([{ destination }]) => destination))
  const open = await indexNames(sources.grants(), contacted, current)
  const before = await indexNames(sources.former(), contacted, current)
  const namesAt = (client: Client, address: Address) => open(client, address) ?? before(client, address) ?? []
  const contacts: Contact[] = []
  await eachBreathing(told, ([flow, theirs]) => contacts.push(toContact(flow, namesAt, theirs, wall)))
  return contacts
}

/** While a set grows a reading tells some records twice and leaves others out (linux/nftables/nftables.ts): what tells one twice is read again. */
const MOST_READINGS = 4

/** Gives each record to `note`, and a moment at or just before that in which the kernel told it: what was seen before somebody left must not look later than that. */
async function eachRecord(
  firewall: ContactSources['firewall'],
  kind: RecordKind,
  now: () => number,
  note: (record: Recorded, at: number) => void,
): Promise<void> {
  for (let readings = 1; ; readings++) {
    const { told, records } = await readOnce(firewall, kind, now)
    if (told > records.size && readings < MOST_READINGS) continue
    return eachBreathing(records.values(), ({ record, at }) => note(record, at))
  }
}

async function readOnce(firewall: ContactSources['firewall'], kind: RecordKind, now: () => number) {
  const records = new Map<string, { readonly record: Recorded; readonly at: number }>()
  let told = 0
  // The kernel fills a datagram when the one before it is read.
  let [before, at] = [now(), now()]
  for (const slice of firewall.records(kind)) {
    for (const record of slice) records.set(recordText(record), { record, at: before })
    told += slice.length
    before = at
    await breathe()
    at = now()
  }
  return { told, records }
}

function recordText({ client, destination, protocol, port }: RecordKey): string {
  return `${client} ${destination} ${protocol} ${port}`
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
  const text = `${recordText(key)}${verdict === 'deny' ? ' refused' : ''}`
  const flow = flows.get(text) ?? {
    ...{ client, destination, protocol, port, kinds: [] },
    ...{ connections: 0, packets: volume, octets: volume, verdict, lastSeenAgoMs: 0, seenAt: 0 },
  }
  flows.set(text, flow)
  return flow
}

/**
 * Names by the client and the address that they open; under guard output the namespace is one client, whatever address it asked from.
 * Of the addresses that have been contacted only: many more are open.
 */
async function indexNames(
  holders: Iterable<Holder>,
  contacted: ReadonlySet<Address>,
  { guard }: Policy,
): Promise<(client: Client, address: Address) => readonly Name[] | undefined> {
  const keyOf = (clientId: string, address: Address) => (guard === 'forward' ? `${clientId} ${address}` : address)
  const names = new Map<string, Set<Name>>()
  await eachBreathing(holders, ({ clientId, address, name }) => {
    if (!contacted.has(address)) return
    const key = keyOf(clientId, address)
    const known = names.get(key)
    if (known === undefined) names.set(key, new Set([name]))
    else if (known.size < MOST_NAMES) known.add(name)
  })
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
