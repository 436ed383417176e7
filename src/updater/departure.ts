// A client that has gone keeps nothing: whoever has its address next is somebody else.

import type { Flow } from '../linux/conntrack.ts'
import { formatPrefix, type Prefix } from '../net/prefix.ts'
import { createMatcher } from '../net/prefix-table.ts'
import type { ClientEntry } from '../policy/client.ts'

/** The prefixes that a client had and has no longer. */
export function vanishedPrefixes(before: readonly ClientEntry[], after: readonly ClientEntry[]): readonly Prefix[] {
  const staying = new Set(after)
  const changed = before.filter((entry) => !staying.has(entry))
  if (changed.length === 0) return []
  const kept = new Set(after.flatMap(belongings))
  return changed.flatMap((entry) => entry.prefixes.filter((prefix) => !kept.has(belonging(entry, prefix))))
}

/** Is a flow from or to one of these prefixes? Whatever had let it through. */
export function involves(prefixes: readonly Prefix[]): (flow: Flow) => boolean {
  const isOne = createMatcher(prefixes)
  return ({ source, destination }) => isOne(source) || isOne(destination)
}

function belongings(entry: ClientEntry): readonly string[] {
  return entry.prefixes.map((prefix) => belonging(entry, prefix))
}

function belonging({ name }: ClientEntry, prefix: Prefix): string {
  return `${name} ${formatPrefix(prefix)}`
}
