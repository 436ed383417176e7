// The catalogue as rows: one for each client, destination, port and verdict.

import type { Name } from '../dns/name.ts'
import { type Protocol, parsePort } from '../net/port.ts'
import type { Tier } from '../policy/rule.ts'
import { MOST_NAMES } from '../updater/contact.ts'
import { registrableDomain } from '../zones/suffix.ts'
import type { Catalogue } from './catalogue.ts'
import type { Flow } from './flow.ts'
import type { Lookup } from './lookup.ts'
import type { SystemList } from './system-list.ts'

export interface Row {
  readonly client: string
  /** A name; an address that was contacted without any lookup. */
  readonly destination: string
  readonly kind: 'name' | 'address'
  /** Of a name; null: nobody has registered one. */
  readonly domain: string | null
  readonly addresses: readonly string[]
  /** Record types that the name was answered. */
  readonly types: readonly string[]
  /** Null: asked for and not contacted. */
  readonly protocol: Protocol | null
  readonly port: number | null
  readonly firstSeen: string
  readonly lastSeen: string
  /** Of the log's runs, counted from its first. */
  readonly runs: readonly number[]
  /** Of the name, by the client, whatever port was contacted then. */
  readonly lookups: number
  readonly connections: number
  /** In both directions. Null: the kernel does not count them. */
  readonly packets: number | null
  readonly bytes: number | null
  readonly verdict: 'allow' | 'audit' | 'deny'
  /** Why it was denied, or would be; null: it was not. */
  readonly reason: string | null
  /** The entries that decided, as "file:line". */
  readonly rules: readonly string[]
  /** Of the deciding entry, as far as it is in force. */
  readonly tier: Tier | null
  /** The word of the list for what machines contact by themselves; null: an agent chose it. */
  readonly system: string | null
  /** Other names that the client had at the same addresses: what was counted may be theirs. */
  readonly shared: readonly string[]
}

export interface RowContext {
  readonly systemList: SystemList
  /** Of a zone file. */
  tierOf(file: string): Tier | undefined
}

/** In order of clients, registrable domains, destinations and ports. */
export function rowsOf(catalogue: Pick<Catalogue, 'lookups' | 'flows'>, context: RowContext): readonly Row[] {
  const lookups = [...catalogue.lookups]
  const byName = new Map(lookups.map((lookup) => [`${lookup.client} ${lookup.name}`, lookup]))
  const namesAt = indexAddresses(lookups)
  const contacted = [...catalogue.flows].filter(({ runs }) => runs.size > 0).map((flow) => ({ flow, names: namesOf(flow, namesAt) }))
  const pieces = contacted.flatMap(({ flow, names }) =>
    names.length === 0
      ? [{ destination: flow.address, flow, shared: [] }]
      : names.map((name) => ({ destination: name, flow, shared: names.filter((other) => other !== name) })),
  )
  const groups = Map.groupBy(pieces, ({ destination, flow }) => [flow.client, destination, flow.ports, flow.verdict].join(' '))
  const rows = Array.from(groups.values(), (group) => rowOfFlows(group, byName, context))
  const reached = new Set(rows.map(({ client, destination }) => `${client} ${destination}`))
  const asked = lookups.filter(({ client, name }) => !reached.has(`${client} ${name}`)).map((lookup) => rowOfLookup(lookup, context))
  return [...rows, ...asked].toSorted(compareRows)
}

/** What held the address open, else what the client had been answered with it before; both where a contact could not name all of them. */
function namesOf(flow: Flow, namesAt: ReadonlyMap<string, readonly string[]>): readonly string[] {
  if (flow.names.size > 0 && flow.names.size < MOST_NAMES) return [...flow.names].toSorted()
  const answered = namesAt.get(`${flow.client} ${flow.address}`) ?? []
  return [...new Set([...flow.names, ...answered])].toSorted()
}

function indexAddresses(lookups: readonly Lookup[]): ReadonlyMap<string, readonly string[]> {
  const pairs = lookups.flatMap(({ client, name, addresses }) => [...addresses].map((address) => ({ key: `${client} ${address}`, name })))
  return new Map([...Map.groupBy(pairs, ({ key }) => key)].map(([key, group]) => [key, group.map(({ name }) => name).toSorted()]))
}

interface Piece {
  readonly destination: string
  readonly flow: Flow
  readonly shared: readonly string[]
}

function rowOfFlows(pieces: readonly Piece[], byName: ReadonlyMap<string, Lookup>, context: RowContext): Row {
  const flows = pieces.map(({ flow }) => flow)
  const [{ client, ports, verdict }] = flows as [Flow]
  const { destination } = pieces[0]!
  const lookup = byName.get(`${client} ${destination}`)
  const port = parsePort(ports)!
  const sum = (key: 'packets' | 'octets') => flows.reduce<number | null>((total, flow) => add(total, flow[key]), 0)
  return {
    client,
    ...describe(destination, destination !== flows[0]!.address),
    addresses: [...new Set(flows.map(({ address }) => address))].toSorted(),
    types: [...(lookup?.types ?? [])].toSorted(),
    ...port,
    ...seen(flows),
    lookups: lookup?.count ?? 0,
    connections: flows.reduce((total, flow) => total + flow.connections, 0),
    packets: sum('packets'),
    bytes: sum('octets'),
    verdict,
    reason: reasonOf(verdict, lookup),
    ...decidedBy(
      flows.flatMap(({ rules }) => rules),
      context,
    ),
    system: context.systemList({ destination, port }) ?? null,
    shared: [...new Set(pieces.flatMap(({ shared }) => shared))].toSorted(),
  }
}

/** With something unknown among it, the sum is. */
function add(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other
}

/** What was refused although the name was answered was refused for its port. */
function reasonOf(verdict: Row['verdict'], lookup: Lookup | undefined): string | null {
  if (verdict === 'deny' && lookup !== undefined && lookup.verdict !== 'deny') return 'port'
  return lookup?.reason ?? (verdict === 'allow' ? null : 'no-rule')
}

function rowOfLookup(lookup: Lookup, context: RowContext): Row {
  const { client, name, addresses, types, count, verdict, reason, rules } = lookup
  return {
    client,
    ...describe(name, true),
    addresses: [...addresses].toSorted(),
    types: [...types].toSorted(),
    protocol: null,
    port: null,
    ...seen([lookup]),
    lookups: count,
    connections: 0,
    packets: 0,
    bytes: 0,
    verdict,
    reason: reason ?? null,
    ...decidedBy(rules, context),
    system: context.systemList({ destination: name, port: undefined }) ?? null,
    shared: [],
  }
}

function describe(destination: string, isName: boolean): Pick<Row, 'destination' | 'kind' | 'domain'> {
  if (!isName) return { destination, kind: 'address', domain: null }
  return { destination, kind: 'name', domain: registrableDomain(destination as Name) ?? null }
}

function seen(some: readonly Pick<Flow, 'first' | 'last' | 'runs'>[]): Pick<Row, 'firstSeen' | 'lastSeen' | 'runs'> {
  const text = (time: number) => new Date(time).toISOString()
  return {
    firstSeen: text(Math.min(...some.map(({ first }) => first))),
    lastSeen: text(Math.max(...some.map(({ last }) => last))),
    runs: [...new Set(some.flatMap(({ runs }) => [...runs]))].toSorted((a, b) => a - b),
  }
}

function decidedBy(rules: Flow['rules'], { tierOf }: RowContext): Pick<Row, 'rules' | 'tier'> {
  const tiers = rules.map(({ file }) => tierOf(file))
  const tier = tiers.includes('base') ? 'base' : (tiers.find((each) => each !== undefined) ?? null)
  return { rules: [...new Set(rules.map(({ file, line }) => `${file}:${line}`))], tier }
}

function compareRows(a: Row, b: Row): number {
  const key = ({ client, domain, destination, protocol, port, verdict }: Row) =>
    [client, domain ?? destination, destination, protocol ?? '', String(port ?? 0).padStart(5, '0'), verdict].join('\0')
  return key(a) < key(b) ? -1 : 1
}
