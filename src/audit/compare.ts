// What a change of zone files opens and closes: both policies are asked about everything that either mentions, by the function that decides.

import type { Name } from '../dns/name.ts'
import { ANY_PORTS } from '../net/port.ts'
import { decideName } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { ZoneFile } from '../policy/rule.ts'
import type { Allow } from '../policy/verdict.ts'
import { auditPlacesOf, type View } from '../policy/view.ts'
import { formatPattern, type NamePattern } from '../zones/name-text.ts'
import { type Audience, audiencesOf, EVERYBODY } from './audience.ts'
import { compareAddresses } from './compare-address.ts'
import { type Change, compareGrants, type Grant, NOTHING } from './grant.ts'

/** One side of the comparison. */
export interface Side {
  readonly policy: Policy
  readonly files: readonly ZoneFile[]
}

export interface ChangeFor extends Change {
  /** "every client", or whom it is for. */
  readonly clients: readonly string[]
}

/** No zone file mentions it, so it stands for every name below a wildcard that none mentions. */
export const UNMENTIONED_LABEL = 'a-name-that-no-zone-file-mentions'

/** Audit mode first, then names and addresses, each in order. Expired entries count as absent. */
export function comparePolicies(before: Side, after: Side, now: number): readonly ChangeFor[] {
  const audiences = audiencesOf(before.policy, after.policy)
  const patterns = patternsIn([...before.files, ...after.files])
  const found = audiences.flatMap((audience) =>
    [...compareMode(audience), ...compareNames(audience, patterns, now), ...compareAddresses(audience, now)].map((change) => ({
      change,
      audience,
    })),
  )
  const groups = Map.groupBy(found, ({ change }) => JSON.stringify(change))
  return [...groups.values()].map((members) => ({
    ...members[0]!.change,
    clients: members.length === audiences.length ? [EVERYBODY] : members.flatMap(({ audience }) => audience.clients),
  }))
}

/** Audit mode lets through whatever is denied: no other change of a zone file opens as much. */
function compareMode({ before, after }: Audience): readonly Change[] {
  if (before.audit === after.audit) return []
  const places = { before: auditPlacesOf(before), after: auditPlacesOf(after) }
  const subject = 'whatever is denied'
  if (after.audit) return [{ subject, opens: [ANY_PORTS], closes: [], notes: ['audit mode: let through, and recorded'], ...places }]
  return [{ subject, opens: [], closes: [ANY_PORTS], notes: [], ...places }]
}

function compareNames({ before, after }: Audience, patterns: readonly NamePattern[], now: number): readonly Change[] {
  return patterns.flatMap((pattern) => {
    const name = pattern.wildcard ? (`${UNMENTIONED_LABEL}.${pattern.name}` as Name) : pattern.name
    return compareGrants(formatPattern(pattern), grantOf(before, name, now), grantOf(after, name, now))
  })
}

/** As enforced: audit mode, which lets everything through, is no grant. */
function grantOf(view: View, name: Name, now: number): Grant {
  const verdict = decideName(view, name, now)
  return verdict.kind === 'allow' && verdict.audited === undefined ? grantOfVerdict(verdict) : NOTHING
}

function grantOfVerdict({ ports, rules, types, private: isPrivate, changesAt }: Allow): Grant {
  return { ports, rules, types, private: isPrivate, endsAt: changesAt }
}

/** Everything that the files mention, in order of the names, wildcards after the name itself. */
function patternsIn(files: readonly ZoneFile[]): readonly NamePattern[] {
  const patterns = files.flatMap(({ names }) => Array.from(names, ({ name, wildcard }): NamePattern => ({ name, wildcard })))
  const byText = new Map(patterns.map((pattern) => [formatPattern(pattern), pattern]))
  return [...byText.values()].toSorted((a, b) => compareTexts(a.name, b.name) || Number(a.wildcard) - Number(b.wildcard))
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
