// What came of a run, for people: a few short columns.

import type { Account, Reached, Refused } from './account.ts'

/** Most often first. A longer list is for machines. */
const MOST_LINES = 20

/** No lines where nothing was tried. */
export function describeAccount({ refused, contacted }: Account): readonly string[] {
  return [
    ...section(
      'refused',
      refused
        .filter(({ audited }) => !audited)
        .toSorted(byTimes)
        .map(refusedCells),
    ),
    ...section(
      'let through by audit mode, and refused otherwise',
      refused
        .filter(({ audited }) => audited)
        .toSorted(byTimes)
        .map(refusedCells),
    ),
    ...section('contacted', contacted.toSorted((one, other) => other.connections - one.connections).map(reachedCells)),
  ]
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const shown = rows.slice(0, MOST_LINES)
  const widths = shown[0]!.map((_, column) => Math.max(...shown.map((row) => row[column]!.length)))
  const lines = shown.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
  const rest = rows.length > MOST_LINES ? [`  and ${rows.length - MOST_LINES} more: --json has them all`] : []
  return [`sallyport: ${title}`, ...lines, ...rest]
}

function refusedCells({ destination, port, leadsTo, times, allow }: Refused): readonly string[] {
  const mend = allow === null ? 'a zone file denies it' : `--allow ${allow}`
  return [destination, port ?? '', `${times}x`, leadsTo === undefined ? mend : `it leads to this machine: ${mend}`]
}

function reachedCells({ destination, port, connections, octets }: Reached): readonly string[] {
  return [destination, port, `${connections}x`, octets === null ? '' : `${Math.ceil(octets / 1024)} KiB`]
}

function byTimes(one: Refused, other: Refused): number {
  return other.times - one.times
}
