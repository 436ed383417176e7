// Which name entries speak for a client: in each tier the most specific that are in force.

import { type NameIndex, NO_NODE, nodeAbove } from './name-index.ts'
import { comparePlaces, isDeny, isExpiredAllow, isInForce, type NameRule, type Tier } from './rule.ts'
import type { Speakers } from './tiers.ts'
import type { View } from './view.ts'

/** Where entries about a name are found: those at `exact` itself, then the wildcards at `apex` and above it. */
export interface Position {
  readonly exact: number
  readonly apex: number
}

type Hearing = (rule: NameRule, now: number) => boolean

const NOBODY: readonly NameRule[] = []

export function speakersAt(view: View, { exact, apex }: Position, now: number): Speakers<NameRule> {
  let base = exact === NO_NODE ? NOBODY : rulesAt(view, exact, false, 'base', isInForce, now)
  let app = exact === NO_NODE ? NOBODY : rulesAt(view, exact, false, 'app', isInForce, now)
  for (let node = apex; node !== NO_NODE && (base === NOBODY || app === NOBODY); node = nodeAbove(view.names, node)) {
    if (base === NOBODY) base = rulesAt(view, node, true, 'base', isInForce, now)
    if (app === NOBODY) app = rulesAt(view, node, true, 'app', isInForce, now)
  }
  return { base, app }
}

/** Of a denied name: the expired entry that alone would have allowed it. A deny of the other tier would have stood against it. */
export function expiredAllowAt(view: View, position: Position, speakers: Speakers<NameRule>, now: number): NameRule | undefined {
  if (!view.names.hasEnds) return undefined
  const base = speakers.app.some(isDeny) ? undefined : expiredAbove(view, position, 'base', now)
  return base ?? (speakers.base.some(isDeny) ? undefined : expiredAbove(view, position, 'app', now))
}

/** The most specific expired allow of a tier, if it is more specific than what speaks there. */
function expiredAbove(view: View, { exact, apex }: Position, tier: Tier, now: number): NameRule | undefined {
  for (let node = exact, wildcard = false; ; wildcard = true) {
    if (node !== NO_NODE) {
      if (rulesAt(view, node, wildcard, tier, isInForce, now) !== NOBODY) return undefined
      const expired = rulesAt(view, node, wildcard, tier, isExpiredAllow, now)[0]
      if (expired !== undefined) return expired
    }
    node = wildcard ? nodeAbove(view.names, node) : apex
    if (node === NO_NODE) return undefined
  }
}

/** The entries of one node that apply to the client and pass `hearing`, in file order; NOBODY itself if there are none. */
function rulesAt(view: View, node: number, wildcard: boolean, tier: Tier, hearing: Hearing, now: number): readonly NameRule[] {
  const { names } = view
  const end = names.start[node + 1]!
  let found = NOBODY as NameRule[]
  for (let at = nextApplying(view, names.start[node]!, end); at < end; at = nextApplying(view, at + 1, end)) {
    const rule = names.rules[at]!
    if (rule.wildcard !== wildcard || rule.tier !== tier || !hearing(rule, now)) continue
    if (found === NOBODY) found = [rule]
    else found.push(rule)
  }
  return found.length > 1 ? found.sort(comparePlaces) : found
}

/** The first entry from `at` on whose scope applies. Where many clients have entries of their own for a name, it jumps over those of others. */
function nextApplying(view: View, at: number, end: number): number {
  const { names, applies } = view
  let index = at
  while (index < end && applies[names.scopes[index]!] === 0) {
    const wanted = view.following[names.scopes[index]!]!
    index = end - index > FEW ? firstOfScope(names, wanted, index, end) : index + 1
  }
  return index
}

/** Scanning so many entries costs less than searching among them. */
const FEW = 8

/** The first of the entries `from` to `end`, which are ordered by scope, that has at least the given scope. */
function firstOfScope(names: NameIndex, scope: number, from: number, end: number): number {
  let low = from
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (names.scopes[middle]! < scope) low = middle + 1
    else high = middle
  }
  return low
}
