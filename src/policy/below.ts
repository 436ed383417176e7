// Are there allowed names below a name? Then its denial is NODATA: NXDOMAIN would say that nothing is below (RFC 8020).

import { NO_NODE, nodeAbove } from './name-index.ts'
import { earliestEnd } from './rule.ts'
import { type Position, speakersAt } from './speakers.ts'
import { settle } from './tiers.ts'
import type { View } from './view.ts'

export interface Below {
  readonly allowed: boolean
  /** Milliseconds since the epoch from which on this may differ. */
  readonly changesAt: number
}

interface Search {
  visited: number
  changesAt: number
}

/** A search that visits more nodes than this is remembered: whoever asks again for a busy apex must not pay, or cost others, as much again. */
const COSTLY_NODES = 64

/** Any name strictly below that of `node` is allowed by its own entry, or shares its wildcards with a child of a node that has some. */
export function allowsBelow(view: View, node: number, now: number): Below {
  const known = view.below.get(node)
  if (known !== undefined && now < known.changesAt) return known
  const search: Search = { visited: 0, changesAt: Number.POSITIVE_INFINITY }
  const below = { allowed: findBelow(view, node, now, search), changesAt: search.changesAt }
  if (search.visited > COSTLY_NODES) view.below.set(node, below)
  return below
}

function findBelow(view: View, node: number, now: number, search: Search): boolean {
  if (isAllowed(view, { exact: NO_NODE, apex: node }, now, search)) return true
  const { firstChild, nextSibling } = view.names
  for (let child = firstChild[node]!; child !== NO_NODE; child = nextSibling[child]!) {
    if (isAllowed(view, { exact: child, apex: nodeAbove(view.names, child) }, now, search)) return true
    if (findBelow(view, child, now, search)) return true
  }
  return false
}

/** Notes when the finding may change: at the end of what allows, or of any entry that spoke on the way to it. */
function isAllowed(view: View, position: Position, now: number, search: Search): boolean {
  const speakers = speakersAt(view, position, now)
  const allowed = settle(speakers).kind === 'allow'
  search.visited++
  search.changesAt = Math.min(search.changesAt, earliestEnd(speakers.base), earliestEnd(speakers.app))
  return allowed
}
