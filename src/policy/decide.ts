// The one function that decides about names: `check`, `why`, resolver, updater and reports all ask here.

import type { Name } from '../dns/name.ts'
import { TYPE } from '../dns/vocabulary.ts'
import { ANY_PORTS } from '../net/port.ts'
import { allowsBelow } from './below.ts'
import { NO_NODE, nearestApex, nodeAbove } from './name-index.ts'
import { earliestEnd, type NameRule } from './rule.ts'
import { expiredAllowAt, type Position, speakersAt } from './speakers.ts'
import { type Speakers, settle } from './tiers.ts'
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
const UNMENTIONED_AUDITED: Allow = letThrough(UNMENTIONED)

/** The verdict about a name, whatever the type. It holds until `changesAt`. */
export function decideName(view: View, name: Name, now: number): Verdict {
  const exact = view.names.nodes.get(name) ?? NO_NODE
  const apex = exact === NO_NODE ? nearestApex(view.names, name) : nodeAbove(view.names, exact)
  if (exact === NO_NODE && apex === NO_NODE) return view.audit ? UNMENTIONED_AUDITED : UNMENTIONED
  const verdict = decideAt(view, { exact, apex }, now)
  return verdict.kind === 'deny' && view.audit ? letThrough(verdict) : verdict
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

function decideAt(view: View, position: Position, now: number): Verdict {
  const speakers = speakersAt(view, position, now)
  const settlement = settle(speakers)
  if (settlement.kind !== 'allow') return denyAt(view, position, speakers, settlement.kind === 'deny' ? settlement.rule : undefined, now)
  return {
    kind: 'allow',
    rules: settlement.rules,
    ports: settlement.ports,
    types: addUpTypes(settlement.deciding),
    private: settlement.private,
    changesAt: earliestEnd(settlement.rules),
    audited: undefined,
  }
}

function denyAt(view: View, position: Position, speakers: Speakers<NameRule>, denial: NameRule | undefined, now: number): Deny {
  const expired = expiredAllowAt(view, position, speakers, now)
  // A name without a node has no entry below it, and what a wildcard would allow below it, it would allow for the name itself.
  const below = position.exact === NO_NODE ? undefined : allowsBelow(view, position.exact, now)
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
