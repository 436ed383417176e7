// A client that has gone keeps nothing: whoever has its address next is somebody else.

import type { Conntrack } from '../linux/conntrack.ts'
import { formatPrefix, type Prefix } from '../net/prefix.ts'
import { buildPrefixTable, groupsAround } from '../net/prefix-table.ts'
import type { ClientEntry } from '../policy/client.ts'

/** The prefixes that a client had and has no longer. */
export function vanishedPrefixes(before: readonly ClientEntry[], after: readonly ClientEntry[]): readonly Prefix[] {
  const staying = new Set(after)
  const changed = before.filter((entry) => !staying.has(entry))
  if (changed.length === 0) return []
  const kept = new Set(after.flatMap(belongings))
  return changed.flatMap((entry) => entry.prefixes.filter((prefix) => !kept.has(belonging(entry, prefix))))
}

/** Ends every flow from or to these prefixes, whatever had let it through. Returns how many. */
export function endFlowsOf(conntrack: Conntrack, prefixes: readonly Prefix[]): number {
  if (prefixes.length === 0) return 0
  const table = buildPrefixTable(prefixes, (prefix) => prefix)
  const families = [...new Set(prefixes.map(({ family }) => family))]
  return families.reduce(
    (ended, family) =>
      ended +
      conntrack.deleteFlows(family, ({ source, destination }) =>
        [source, destination].some((address) => groupsAround(table, address).length > 0),
      ),
    0,
  )
}

function belongings(entry: ClientEntry): readonly string[] {
  return entry.prefixes.map((prefix) => belonging(entry, prefix))
}

function belonging({ name }: ClientEntry, prefix: Prefix): string {
  return `${name} ${formatPrefix(prefix)}`
}
