// Moments on the command line.

import { InvalidArgumentError } from 'commander'

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const AGO = /^(\d{1,6})([smhdw])$/
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** "2h" and "7d" ago, a day in UTC, or a time with its zone. Milliseconds since the epoch. */
export function parseMoment(text: string): number {
  const ago = AGO.exec(text)
  if (ago !== null) return Date.now() - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS]
  const moment = DATE.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(moment)) throw new InvalidArgumentError('expected 2h or 7d (ago), 2027-03-01, or 2027-03-01T12:00:00Z')
  return moment
}
