// What recorded runs have in common: each client's need for a destination, with its evidence.

import { type PortRange, parsePortRange } from '../net/port.ts'
import type { Row } from './row.ts'

/** One client's use of a name or address, over all runs. */
export interface Observation {
  readonly client: string
  readonly destination: string
  readonly kind: Row['kind']
  readonly domain: string | null
  /** As contacted; empty: it was asked for only. */
  readonly ports: readonly PortRange[]
  /** Record types that were answered. */
  readonly types: readonly string[]
  readonly addresses: readonly string[]
  readonly system: string | null
  /** How many runs it is in, of all recordings. */
  readonly runs: number
  readonly lookups: number
  readonly connections: number
  /** ISO 8601. */
  readonly lastSeen: string
}

/** What was let through, from the rows of each recording, in their order. Refusals are no need: the run did without. Port 0 no entry can name. */
export function observe(recordings: readonly (readonly Row[])[]): readonly Observation[] {
  const rows = recordings
    .flatMap((recorded, recording) => recorded.map((row) => ({ ...row, recording })))
    .filter(({ verdict, port }) => verdict !== 'deny' && port !== 0)
  const groups = Map.groupBy(rows, ({ client, destination }) => `${client} ${destination}`)
  return [...groups.values()].map(observationOf).toSorted(compareObservations)
}

function observationOf(rows: readonly (Row & { readonly recording: number })[]): Observation {
  const { client, destination, kind, domain } = rows[0]!
  const byRecording = [...Map.groupBy(rows, ({ recording }) => recording).values()]
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const ports = rows.flatMap(({ protocol, port }) => (protocol === null ? [] : [`${protocol}/${port}`]))
  return {
    ...{ client, destination, kind, domain },
    ports: [...new Set(ports)].map((text) => parsePortRange(text)!).toSorted(comparePorts),
    types: [...new Set(rows.flatMap(({ types }) => types))].toSorted(),
    addresses: [...new Set(rows.flatMap(({ addresses }) => addresses))],
    // Of several ports, all have to be the machine's own business.
    system: rows.every(({ system }) => system !== null) ? rows[0]!.system : null,
    runs: new Set(rows.flatMap(({ recording, runs }) => runs.map((run) => `${recording} ${run}`))).size,
    lookups: sum(byRecording.map((some) => Math.max(...some.map(({ lookups }) => lookups)))),
    connections: sum(rows.map(({ connections }) => connections)),
    lastSeen: rows
      .map(({ lastSeen }) => lastSeen)
      .toSorted()
      .at(-1)!,
  }
}

function comparePorts(a: PortRange, b: PortRange): number {
  return a.protocol === b.protocol ? a.first - b.first : a.protocol < b.protocol ? -1 : 1
}

/** Names by registrable domain, then addresses. */
function compareObservations(a: Observation, b: Observation): number {
  const key = ({ kind, domain, destination, client }: Observation) =>
    [kind === 'name' ? 0 : 1, domain ?? destination, destination, client].join('\0')
  return key(a) < key(b) ? -1 : 1
}
