// Are there allowed names below a name? Then its denial is NODATA: NXDOMAIN would say that nothing is below (RFC 8020).

import type { Name } from '../dns/name.ts'
import { NO_NODE, nameAt } from './name-index.ts'
import { earliestEnd } from './rule.ts'
import { type Subject, speakersAt } from './speakers.ts'
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

/** A search that visits more names than this is remembered: whoever asks again for a busy apex must not pay, or cost others, as much again. */
const COSTLY_NAMES = 64

/** Any name strictly below `name` is allowed by its own entry, or shares its wildcards with a child of a name that has some. */
export function allowsBelow(view: View, name: Name, now: number): Below {
  const known = view.below.get(name)
  if (known !== undefined && now < known.changesAt) return known
  const search: Search = { visited: 0, changesAt: Number.POSITIVE_INFINITY }
  const below = { allowed: findBelow(view, name, now, search), changesAt: search.changesAt }
  if (search.visited > COSTLY_NAMES) view.below.set(name, below)
  return below
}

function findBelow(view: View, name: Name, now: number, search: Search): boolean {
  if (isAllowed(view, name, 'below', now, search)) return true
  for (const child of childrenOf(view, name)) {
    if (isAllowed(view, child, 'itself', now, search) || findBelow(view, child, now, search)) return true
  }
  return false
}

/** Each once, though several scopes may have it: a second look would find the same. */
function* childrenOf(view: View, name: Name): Generator<Name> {
  const seen = view.scopes.length > 1 ? new Set<Name>() : undefined
  for (const { names } of view.scopes) {
    const node = names.nodes.find(name)
    if (node === NO_NODE) continue
    for (let child = names.firstChild.at(node); child !== NO_NODE; child = names.nextSibling.at(child)) {
      const childName = nameAt(names, child)
      if (seen?.has(childName)) continue
      seen?.add(childName)
      yield childName
    }
  }
}

/** Notes when the finding may change: at the end of what allows, or of any entry that spoke on the way to it. */
function isAllowed(view: View, name: Name, subject: Subject, now: number, search: Search): boolean {
  const speakers = speakersAt(view, name, subject, now)
  const allowed = settle(speakers).kind === 'allow'
  search.visited++
  search.changesAt = Math.min(search.changesAt, earliestEnd(speakers.base), earliestEnd(speakers.app))
  return allowed
}
