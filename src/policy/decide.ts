// The one function that decides about names: `check`, `why`, resolver, updater and reports all ask here.

import type { Name } from '../dns/name.ts'
import { TYPE } from '../dns/vocabulary.ts'
import { ANY_PORTS } from '../net/port.ts'
import { allowsBelow } from './below.ts'
import { earliestEnd, type NameRule } from './rule.ts'
import { expiredAllowAt, isMentioned, speakersAt } from './speakers.ts'
import { isNeverLookedUp, isOfSite } from './special-use.ts'
import { type Settlement, type Speakers, settle } from './tiers.ts'
import type { Allow, Deny, Verdict } from './verdict.ts'
import type { View } from './view.ts'

export { decideAddress, screenAddress } from './decide-address.ts'

const UNMENTIONED: Deny = {
  kind: 'deny',
  reason: 'no-rule',
  rule: undefined,
  rcode: 'NXDOMAIN',
  changesAt: Number.POSITIVE_INFINITY,
}
const SPECIAL_USE: Deny = { ...UNMENTIONED, reason: 'special-use' }
const UNMENTIONED_AUDITED: Allow = letThrough(UNMENTIONED)

/** The verdict about a name, whatever the type. It holds until `changesAt`. */
export function decideName(view: View, name: Name, now: number): Verdict {
  if (isNeverLookedUp(name)) return SPECIAL_USE
  const verdict = decideByEntries(view, name, now)
  if (verdict.kind === 'allow' || !view.audit || isOfSite(name)) return verdict
  return verdict === UNMENTIONED ? UNMENTIONED_AUDITED : letThrough(verdict)
}

function decideByEntries(view: View, name: Name, now: number): Verdict {
  const speakers = speakersAt(view, name, 'itself', now)
  const settlement = settle(speakers)
  if (settlement.kind === 'allow') return allowBy(view, settlement)
  if (settlement.kind === 'silent' && !view.hasEnds && !isMentioned(view, name)) return UNMENTIONED
  return denyAt(view, name, speakers, settlement.kind === 'deny' ? settlement.rule : undefined, now)
}

/** The verdict about a question: on an allowed name A, AAAA and CNAME always, the entry's `types` beyond; all else is denied as NODATA. */
export function decide(view: View, name: Name, type: number, now: number): Verdict {
  const verdict = decideName(view, name, now)
  if (verdict.kind === 'deny' || permitsType(verdict, type)) return verdict
  return { kind: 'deny', reason: 'type', rule: verdict.rules[0], rcode: 'NODATA', changesAt: verdict.changesAt }
}

export function permitsType(verdict: Allow, type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA || type === TYPE.CNAME || verdict.types.includes(type)
}

/** The names below a wildcard are many, and share what it allows by itself (bench: new names). */
function allowBy(view: View, { rules, ports, deciding, private: isPrivate }: Extract<Settlement<NameRule>, { kind: 'allow' }>): Allow {
  if (rules.length === 1 && rules[0] === view.lastAllow?.rules[0]) return view.lastAllow!
  const allow: Allow = {
    kind: 'allow',
    rules,
    ports,
    types: addUpTypes(deciding),
    private: isPrivate,
    changesAt: earliestEnd(rules),
    audited: undefined,
  }
  if (rules.length === 1) view.lastAllow = allow
  return allow
}

function denyAt(view: View, name: Name, speakers: Speakers<NameRule>, denial: NameRule | undefined, now: number): Deny {
  const expired = expiredAllowAt(view, name, speakers, now)
  // A name that no entry mentions has none below it, and what a wildcard would allow below it, it would allow for the name itself.
  const below = isMentioned(view, name) ? allowsBelow(view, name, now) : undefined
  return {
    kind: 'deny',
    reason: expired !== undefined ? 'expired' : denial !== undefined ? 'deny-rule' : 'no-rule',
    rule: expired ?? denial,
    rcode: below?.allowed ? 'NODATA' : 'NXDOMAIN',
    changesAt: Math.min(earliestEnd(speakers.base), earliestEnd(speakers.app), below?.changesAt ?? Number.POSITIVE_INFINITY),
  }
}

/** `types=` of the tier that decides: to an allow in base, app adds ports and nothing else. */
function addUpTypes(rules: readonly NameRule[]): readonly number[] {
  return rules.length === 1 ? rules[0]!.types : [...new Set(rules.flatMap((rule) => rule.types))]
}

/** Audit mode: what is denied is answered and let through, and recorded as would-be denied. Address screening stays on. */
function letThrough(denial: Deny): Allow {
  return { kind: 'allow', rules: [], ports: [ANY_PORTS], types: [], private: false, changesAt: denial.changesAt, audited: denial }
}
