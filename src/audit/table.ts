// The catalogue for people, and for spreadsheets.

import { formatTable } from '../report/table.ts'
import type { Row } from './row.ts'

export type Grouping = 'destination' | 'client' | 'tier'
export const GROUPINGS: readonly Grouping[] = ['destination', 'client', 'tier']

const HEAD = ['DESTINATION', 'PORT', 'VERDICT', 'SYSTEM', 'LOOKUPS', 'CONNECTIONS', 'BYTES', 'LAST SEEN', 'WHY'] as const
/** These are numbers: aligned to the right. */
const NUMBERS: ReadonlySet<number> = new Set([4, 5, 6])
const UNITS = ['', 'k', 'M', 'G', 'T'] as const

/** Sections by client or by tier; by destination one table, where each line names its client. */
export function toTable(rows: readonly Row[], by: Grouping): readonly string[] {
  if (rows.length === 0) return ['nothing was asked for or contacted']
  if (by === 'destination')
    return formatTable([[...HEAD, 'CLIENT'], ...sortByDestination(rows).map((row) => [...cellsOf(row), row.client])], NUMBERS)
  const groups = Map.groupBy(rows, (row) => (by === 'client' ? row.client : tierLabel(row)))
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([label, members], index) => [
      ...(index > 0 ? [''] : []),
      label,
      ...formatTable(
        [
          [...HEAD, ...(by === 'tier' ? ['CLIENT'] : [])],
          ...members.map((row) => [...cellsOf(row), ...(by === 'tier' ? [row.client] : [])]),
        ],
        NUMBERS,
      ),
    ])
}

/** One line, for what is new while one watches. */
export function toLine(row: Row): string {
  return [row.lastSeen, row.client, ...cellsOf(row).filter((cell, index) => cell !== '' && HEAD[index] !== 'LAST SEEN')].join('  ')
}

function cellsOf(row: Row): readonly string[] {
  const { destination, protocol, port, verdict, system, lookups, connections, bytes, lastSeen } = row
  return [
    destination,
    protocol === null ? '-' : `${protocol}/${port}`,
    verdict,
    system ?? '',
    String(lookups),
    String(connections),
    bytes === null ? 'unknown' : formatOctets(bytes),
    lastSeen.slice(0, 19).replace('T', ' '),
    whyOf(row),
  ]
}

function whyOf({ kind, verdict, rules, reason, shared, protocol }: Row): string {
  const place = rules.map((rule) => rule.slice(rule.lastIndexOf('/') + 1)).join(' ')
  return [
    place !== '' ? place : verdict === 'allow' ? '' : (reason ?? ''),
    ...(kind === 'address' ? ['no lookup'] : []),
    ...(protocol === null && verdict !== 'deny' ? ['not contacted'] : []),
    ...(shared.length > 0 ? [`same address as ${shared.join(' ')}`] : []),
  ]
    .filter((part) => part !== '')
    .join(', ')
}

function tierLabel({ tier, system }: Row): string {
  if (tier !== null) return tier
  return system === null ? 'no entry, chosen by the agent' : 'no entry, the machine itself'
}

function sortByDestination(rows: readonly Row[]): readonly Row[] {
  const key = ({ domain, destination, port }: Row) => `${domain ?? destination}\0${destination}\0${String(port ?? 0).padStart(5, '0')}`
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** "812", "9.8k", "14M". */
function formatOctets(octets: number): string {
  const power = Math.min(UNITS.length - 1, octets < 1000 ? 0 : Math.floor(Math.log10(octets) / 3))
  const value = octets / 1000 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.floor(value)}${UNITS[power]}`
}

const COLUMNS = [
  'client',
  'destination',
  'kind',
  'domain',
  'addresses',
  'types',
  'protocol',
  'port',
  'firstSeen',
  'lastSeen',
  'runs',
  'lookups',
  'connections',
  'packets',
  'bytes',
  'verdict',
  'reason',
  'rules',
  'tier',
  'system',
  'shared',
] as const satisfies readonly (keyof Row)[]

/** RFC 4180. Lists are separated by blanks. */
export function toCsv(rows: readonly Row[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => csvCell([row[column] ?? ''].flat().join(' '))).join(','))
  return [COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('')
}

/** A cell that a spreadsheet would take for a formula is made a text. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
