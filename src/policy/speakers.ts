// Which name entries speak for a client: in each tier the most specific that are in force.

import type { Name } from '../dns/name.ts'
import { firstOdd } from './name-index.ts'
import { comparePlaces, isDeny, isExpiredAllow, isInForce, type NameRule, type Tier } from './rule.ts'
import type { Speakers } from './tiers.ts'
import type { View } from './view.ts'

type Hearing = (rule: NameRule, now: number) => boolean

/** Whose entries are heard: those about a name itself, or those about whatever is below it that no entry mentions. */
export type Subject = 'itself' | 'below'

export const NOBODY: readonly NameRule[] = []

/** The entries at the name, then the wildcards at the names above it, nearest first. */
export function speakersAt(view: View, name: Name, subject: Subject, now: number): Speakers<NameRule> {
  const heard = { base: NOBODY, app: NOBODY }
  hear(view, name, subject === 'below', now, heard)
  const odd = firstOdd(name)
  for (let dot = name.indexOf('.'); dot >= 0 && dot < odd; dot = name.indexOf('.', dot + 1)) {
    if (heard.base !== NOBODY && heard.app !== NOBODY) break
    hear(view, name.slice(dot + 1) as Name, true, now, heard)
  }
  return heard
}

/** Lets the entries at one name speak for the tiers that nobody has spoken for. One probe a scope. */
function hear(
  view: View,
  owner: Name,
  wildcard: boolean,
  now: number,
  heard: { base: readonly NameRule[]; app: readonly NameRule[] },
): void {
  let base = heard.base === NOBODY ? (NOBODY as NameRule[]) : undefined
  let app = heard.app === NOBODY ? (NOBODY as NameRule[]) : undefined
  for (const { names } of view.scopes) {
    const node = names.nodes.get(owner)
    if (node === undefined) continue
    for (let at = names.start[node]!, end = names.start[node + 1]!; at < end; at++) {
      const rule = names.rules[at]!
      if (rule.wildcard !== wildcard || !isInForce(rule, now)) continue
      if (rule.tier === 'base') base = base && joined(base, rule)
      else app = app && joined(app, rule)
    }
  }
  if (base !== undefined) heard.base = inOrder(base)
  if (app !== undefined) heard.app = inOrder(app)
}

function joined(rules: NameRule[], rule: NameRule): NameRule[] {
  if (rules === NOBODY) return [rule]
  rules.push(rule)
  return rules
}

function inOrder(rules: NameRule[]): readonly NameRule[] {
  return rules.length > 1 ? rules.sort(comparePlaces) : rules
}

/** Has the name an entry, or a name below it? */
export function isMentioned(view: View, name: Name): boolean {
  return view.scopes.some(({ names }) => names.nodes.has(name))
}

/** Of a denied name: the expired entry that alone would have allowed it. A deny of the other tier would have stood against it. */
export function expiredAllowAt(view: View, name: Name, speakers: Speakers<NameRule>, now: number): NameRule | undefined {
  if (!view.hasEnds) return undefined
  const base = speakers.app.some(isDeny) ? undefined : expiredAbove(view, name, 'base', now)
  return base ?? (speakers.base.some(isDeny) ? undefined : expiredAbove(view, name, 'app', now))
}

/** The most specific expired allow of a tier, if it is more specific than what speaks there. */
function expiredAbove(view: View, name: Name, tier: Tier, now: number): NameRule | undefined {
  const odd = firstOdd(name)
  for (let dot = -1; dot < odd; ) {
    const owner = name.slice(dot + 1) as Name
    if (rulesAt(view, owner, dot >= 0, tier, isInForce, now) !== NOBODY) return undefined
    const expired = rulesAt(view, owner, dot >= 0, tier, isExpiredAllow, now)[0]
    if (expired !== undefined) return expired
    dot = name.indexOf('.', dot + 1)
    if (dot < 0) return undefined
  }
  return undefined
}

/** The entries of a tier at one name that pass `hearing`, in file order; NOBODY itself if there are none. */
function rulesAt(view: View, owner: Name, wildcard: boolean, tier: Tier, hearing: Hearing, now: number): readonly NameRule[] {
  let found = NOBODY as NameRule[]
  for (const { names } of view.scopes) {
    const node = names.nodes.get(owner)
    if (node === undefined) continue
    for (const rule of names.rules.slice(names.start[node], names.start[node + 1])) {
      if (rule.wildcard === wildcard && rule.tier === tier && hearing(rule, now)) found = joined(found, rule)
    }
  }
  return inOrder(found)
}
