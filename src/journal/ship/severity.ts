const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/

/** When it was written, as we write times; undefined: it says something else, which must not become a part of a header. */
export function timeOf({ time }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof time === 'string' && TIME.test(time) && !Number.isNaN(Date.parse(time)) ? time : undefined
}

/** How much a record of the decision log matters: what was refused may, what was lost or broken does. */
export type Severity = 'info' | 'warning' | 'error'

/** What was refused, or was too much to be written. */
const WARNINGS: ReadonlySet<unknown> = new Set(['screened', 'unrecorded', 'unlisted', 'crowded'])

export function severityOf({ event, verdict }: Readonly<Record<string, unknown>>): Severity {
  if (event === 'broken' || event === 'lost') return 'error'
  return verdict === 'deny' || WARNINGS.has(event) ? 'warning' : 'info'
}
