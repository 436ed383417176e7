// Changes as a reviewer reads them.

import { formatPortRange, type PortRange } from '../net/port.ts'
import type { Place } from '../policy/rule.ts'
import type { ChangeFor } from './compare.ts'

export function describeChanges(changes: readonly ChangeFor[]): readonly string[] {
  if (changes.length === 0) return ['nothing is opened and nothing is closed']
  const groups = Map.groupBy(changes, ({ clients }) => clients.join(', '))
  return [...groups].flatMap(([clients, members]) => [`for ${clients}:`, ...members.flatMap(describeChange)])
}

/** "+" opens, "-" closes, "~" changes what is neither. */
function describeChange({ subject, opens, closes, notes, before, after }: ChangeFor): readonly string[] {
  const tail = notes.length > 0 ? `  (${notes.join('; ')})` : ''
  const neither = opens.length === 0 && closes.length === 0
  return [
    ...(opens.length > 0 ? [`  + ${subject}  ${formatPorts(opens)}${tail}${formatPlaces('', after)}`] : []),
    ...(closes.length > 0 ? [`  - ${subject}  ${formatPorts(closes)}${formatPlaces('was ', before)}`] : []),
    ...(neither ? [`  ~ ${subject}${tail}${formatPlaces('', after.length > 0 ? after : before)}`] : []),
  ]
}

/** The machine form. */
export function changeToJson(change: ChangeFor) {
  return { ...change, opens: change.opens.map(formatPortRange), closes: change.closes.map(formatPortRange) }
}

function formatPorts(ports: readonly PortRange[]): string {
  return ports.map(formatPortRange).join(' ')
}

function formatPlaces(word: string, places: readonly Place[]): string {
  return places.length === 0 ? '' : `  ${word}${places.map(({ file, line }) => `${file}:${line}`).join(', ')}`
}
