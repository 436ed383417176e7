// The catalogue: what each client asked for and contacted, from the decision log. The log is the one store: it outlives restarts,
// is bounded by its own settings, and is written off the path of queries and packets.

import type { Entry } from '../journal/reading.ts'
import type { Contacted, Stream } from '../journal/record.ts'
import { HOST } from '../net/client-name.ts'
import { addContact, createFlow, type Flow } from './flow.ts'
import { addAsked, createLookup, type Lookup } from './lookup.ts'

/** Milliseconds since the epoch; `until` not included. */
export interface TimeSpan {
  readonly since: number
  readonly until: number
}

export interface CatalogueOptions extends Partial<TimeSpan> {
  /** Under guard none and output one namespace is the one client, whatever address it asks from. */
  readonly oneClient?: boolean
}

export interface Catalogue {
  readonly lookups: Iterable<Lookup>
  /** Some may have passed nothing in the time that is asked about. */
  readonly flows: Iterable<Flow>
  /** What found no room: questions and contacts beyond those that are listed, and records that the log lost. */
  readonly unlisted: number
  /** Kinds of contacts for which the kernel had no room at times: "begun IPv4". */
  readonly crowded: ReadonlySet<string>
  /** Of the first and last record; undefined: there is none. */
  readonly span: TimeSpan | undefined
  /** In the time that is asked about. A run goes from a start to a stop; a crash does not end it. */
  readonly runs: ReadonlySet<number>
  take(entry: Entry): void
}

/** Of each kind. A flood of names that are asked for once must not fill the memory: some 100 MB. */
const MOST_LISTED = 200_000
const ADDRESS = /^[\d.]+$|:/

export function createCatalogue(options: CatalogueOptions = {}): Catalogue {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = options
  const lookups = new Map<string, Lookup>()
  const flows = new Map<string, Flow>()
  const crowded = new Set<string>()
  const runs = new Set<number>()
  const runAt = createRunCounter()
  const room = { answered: MOST_LISTED, denied: MOST_LISTED, passed: MOST_LISTED, refused: MOST_LISTED }
  let span: TimeSpan | undefined
  let unlisted = 0

  function take(entry: Entry): void {
    const { time, record } = entry
    span = { since: Math.min(span?.since ?? time, time), until: Math.max(span?.until ?? time, time) }
    const run = runAt(entry)
    if (time >= until) return
    if (record.event === 'contact') takeContact(record, time, run)
    if (time < since) return
    runs.add(run)
    if (record.event === 'decision' || record.event === 'asked') takeAsked(record, time, run)
    if (record.event === 'unlisted') unlisted += record.questions
    if (record.event === 'crowded') crowded.add(`${record.kind} IPv${record.family}`)
    if (record.event === 'lost') unlisted += record.records
  }

  function takeAsked(asked: Parameters<typeof addAsked>[1], time: number, run: number): void {
    const client = clientOf(asked.client)
    const key = `${client} ${asked.name}`
    const lookup = lookups.get(key) ?? addLookup(key, client, asked, time)
    if (lookup === undefined) unlisted += asked.event === 'asked' ? asked.count : 1
    else addAsked(lookup, asked, time, run)
  }

  /** A flood of names that are denied takes no room from those that are answered. */
  function addLookup(key: string, client: string, asked: Parameters<typeof addAsked>[1], time: number): Lookup | undefined {
    const isDenied = asked.verdict === 'deny'
    if (room[isDenied ? 'denied' : 'answered']-- <= 0) return undefined
    const lookup = createLookup(client, asked, time)
    lookups.set(key, lookup)
    return lookup
  }

  function takeContact(contact: Contacted, time: number, run: number): void {
    const client = clientOf(contact.client)
    const key = `${client} ${contact.address} ${contact.ports} ${contact.verdict === 'deny'}`
    const flow = flows.get(key) ?? addFlow(key, client, contact, time)
    if (flow === undefined) unlisted++
    else addContact(flow, contact, { time, run, isInTime: time >= since })
  }

  function addFlow(key: string, client: string, contact: Contacted, time: number): Flow | undefined {
    if (room[contact.verdict === 'deny' ? 'refused' : 'passed']-- <= 0) return undefined
    const flow = createFlow(client, contact, time)
    flows.set(key, flow)
    return flow
  }

  function clientOf(client: string): string {
    return options.oneClient && ADDRESS.test(client) ? HOST : client
  }

  return {
    get lookups() {
      return lookups.values()
    },
    get flows() {
      return flows.values()
    },
    get unlisted() {
      return unlisted
    },
    crowded,
    get span() {
      return span
    },
    runs,
    take,
  }
}

/** The number of the run that a record belongs to: how often its process has begun so far, but for crashes. Both begin and stop together as a rule. */
function createRunCounter(): (entry: Entry) => number {
  const runs: Record<Stream, number> = { resolver: 0, updater: 0 }
  return ({ stream, record }) => {
    if (record.event === 'start' && record.after !== 'crash') runs[stream]++
    return runs[stream]
  }
}
