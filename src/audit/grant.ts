// What is granted on one destination, and what changes from one grant to another.

import { typeName } from '../dns/vocabulary.ts'
import type { PortRange } from '../net/port.ts'
import type { Place, Rule } from '../policy/rule.ts'
import { subtractPorts } from './port-set.ts'

/** What is granted on a destination; nothing where it is denied. */
export interface Grant {
  readonly ports: readonly PortRange[]
  readonly rules: readonly Rule[]
  readonly types: readonly number[]
  readonly private: boolean
  readonly endsAt: number
}

export const NOTHING: Grant = { ports: [], rules: [], types: [], private: false, endsAt: Number.POSITIVE_INFINITY }

/** What becomes of one destination. */
export interface Change {
  /** "api.example.org", "*.example.org", "192.0.2.0/24". */
  readonly subject: string
  readonly opens: readonly PortRange[]
  readonly closes: readonly PortRange[]
  /** What else changes: types, private, an end; a sentence each. */
  readonly notes: readonly string[]
  /** The entries that decide before, and after. */
  readonly before: readonly Place[]
  readonly after: readonly Place[]
}

/** The change from one grant to another; none if they grant the same. */
export function compareGrants(subject: string, before: Grant, after: Grant): readonly Change[] {
  const opens = subtractPorts(after.ports, before.ports)
  const closes = subtractPorts(before.ports, after.ports)
  const notes = after.rules.length === 0 ? [] : notesOn(before, after)
  if (opens.length === 0 && closes.length === 0 && notes.length === 0) return []
  return [{ subject, opens, closes, notes, before: before.rules.map(({ place }) => place), after: after.rules.map(({ place }) => place) }]
}

function notesOn(before: Grant, after: Grant): readonly string[] {
  const gained = after.types.filter((type) => !before.types.includes(type)).map(typeName)
  const lost = before.types.filter((type) => !after.types.includes(type)).map(typeName)
  return [
    ...(gained.length > 0 ? [`answers ${gained.join(', ')} too`] : []),
    ...(lost.length > 0 ? [`answers ${lost.join(', ')} no longer`] : []),
    ...(after.private && !before.private ? ['may reach private addresses'] : []),
    ...(before.private && !after.private ? ['may reach private addresses no longer'] : []),
    ...(after.endsAt !== before.endsAt ? [endNote(after.endsAt)] : []),
  ]
}

function endNote(endsAt: number): string {
  if (endsAt === Number.POSITIVE_INFINITY) return 'no longer ends'
  return `ends after ${new Date(endsAt - 1).toISOString().slice(0, 10)}`
}
