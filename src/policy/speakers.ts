// Which name entries speak for a client: in each tier the most specific that are in force.

import type { Name } from '../dns/name.ts'
import { firstOdd, NO_NODE } from './name-index.ts'
import type { Terms } from './name-rules.ts'
import { comparePlaces, isDeny, isExpiredAllow, isInForce, type NameRule, type Tier } from './rule.ts'
import type { Speakers } from './tiers.ts'
import type { View } from './view.ts'

type Hearing = (terms: Terms, now: number) => boolean

/** Whose entries are heard: those about a name itself, or those about whatever is below it that no entry mentions. */
export type Subject = 'itself' | 'below'

export const NOBODY: readonly NameRule[] = []

/** The entries at the name, then the wildcards at the names above it, nearest first. */
export function speakersAt(view: View, name: Name, subject: Subject, now: number): Speakers<NameRule> {
  const heard = { base: NOBODY, app: NOBODY }
  for (const owner of mentionedFrom(view, name)) {
    if (heard.base !== NOBODY && heard.app !== NOBODY) break
    hear(view, owner, owner !== name || subject === 'below', now, heard)
  }
  return heard
}

/**
 * Of the name and those above it, nearest first, those that are mentioned, and whose wildcards reach the name. Looked for from the top: above
 * an entry every name is mentioned, so that one that is not has none below it, and a name of 127 labels costs no more than another.
 */
function mentionedFrom(view: View, name: Name): readonly Name[] {
  const odd = firstOdd(name)
  const owners: Name[] = []
  for (let dot = name.length; dot >= 0; ) {
    dot = dot === 0 ? -1 : name.lastIndexOf('.', dot - 1)
    const owner = name.slice(dot + 1) as Name
    if (!isMentioned(view, owner)) break
    if (dot < odd) owners.unshift(owner)
  }
  return owners
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
    const node = names.nodes.find(owner)
    if (node === NO_NODE) continue
    for (let at = names.start[node]!, end = names.start[node + 1]!; at < end; at++) {
      const entry = names.entries[at]!
      const terms = names.rules.termsAt(entry)
      if (terms.wildcard !== wildcard || !isInForce(terms, now)) continue
      if (terms.tier === 'base') base = base && joined(base, names.rules.at(entry))
      else app = app && joined(app, names.rules.at(entry))
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
  return view.scopes.some(({ names }) => names.nodes.find(name) !== NO_NODE)
}

/** Of a denied name: the expired entry that alone would have allowed it. A deny of the other tier would have stood against it. */
export function expiredAllowAt(view: View, name: Name, speakers: Speakers<NameRule>, now: number): NameRule | undefined {
  if (!view.hasEnds) return undefined
  const base = speakers.app.some(isDeny) ? undefined : expiredAbove(view, name, 'base', now)
  return base ?? (speakers.base.some(isDeny) ? undefined : expiredAbove(view, name, 'app', now))
}

/** The most specific expired allow of a tier, if it is more specific than what speaks there. */
function expiredAbove(view: View, name: Name, tier: Tier, now: number): NameRule | undefined {
  for (const owner of mentionedFrom(view, name)) {
    const isAbove = owner !== name
    if (rulesAt(view, owner, isAbove, tier, isInForce, now) !== NOBODY) return undefined
    const expired = rulesAt(view, owner, isAbove, tier, isExpiredAllow, now)[0]
    if (expired !== undefined) return expired
  }
  return undefined
}

/** The entries of a tier at one name that pass `hearing`, in file order; NOBODY itself if there are none. */
function rulesAt(view: View, owner: Name, wildcard: boolean, tier: Tier, hearing: Hearing, now: number): readonly NameRule[] {
  let found = NOBODY as NameRule[]
  for (const { names } of view.scopes) {
    const node = names.nodes.find(owner)
    if (node === NO_NODE) continue
    for (const entry of names.entries.subarray(names.start[node], names.start[node + 1])) {
      const terms = names.rules.termsAt(entry)
      if (terms.wildcard === wildcard && terms.tier === tier && hearing(terms, now)) found = joined(found, names.rules.at(entry))
    }
  }
  return inOrder(found)
}
