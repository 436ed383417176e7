/** How much a record of the decision log matters: what was refused may, what was lost or broken does. */
export type Severity = 'info' | 'warning' | 'error'

export function severityOf({ event, verdict }: Readonly<Record<string, unknown>>): Severity {
  if (event === 'broken' || event === 'lost') return 'error'
  return verdict === 'deny' || event === 'screened' || event === 'unlisted' || event === 'crowded' ? 'warning' : 'info'
}
