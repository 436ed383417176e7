// The chains that both guards share: what is open, what is recorded, how it is refused.
import {
  accept,
  ctDirection,
  ctState,
  goto,
  icmpType,
  inSet,
  jump,
  l4proto,
  port,
  record,
  rejectOther,
  rejectTcp,
  type Statement,
} from '../../linux/nftables/match.ts'
import type { PortRange, Protocol } from '../../net/port.ts'
import { type Chain, chain, type Rule, rule } from './chain.ts'
import type { RulesetDescription } from './description.ts'
import { learnedSetName } from './key.ts'
import { FAMILIES, FLOW_PARTS, keyParts, RECORD_TIMEOUT_MS, type RecordKind, rangesOf, replyParts } from './sets.ts'

export const DNS_PORT = 53
const PROTOCOLS = ['tcp', 'udp'] as const

export function commonChains(description: RulesetDescription): readonly Chain[] {
  return [
    icmpErrors,
    chain('metadata', 'cloud metadata services: closed, unless a zone file names the address itself', [
      ...staticRules(description),
      rule('no name and no prefix opens them', goto('refuse')),
    ]),
    chain('open', 'TCP and UDP: what is open goes on, what is not returns', [
      ...staticRules(description),
      ...learnedRules(description),
      ...auditRules(description),
    ]),
    chain('audited', 'audit mode: recorded as would-be refused, and let through', [
      ...FAMILIES.map((family) =>
        rule('special-purpose addresses stay closed', inSet(family, ['daddr', 'l4proto'], `closed${family}`), goto('refuse')),
      ),
      ...recordRules(description, 'audit'),
      rule('would be refused, were it enforced', goto('begin')),
    ]),
    chain('begin', 'let through: a flow begins', [
      rule('or goes on, to a metadata service', ctState('established'), goto('send')),
      ...recordRules(description, 'begun'),
      rule('counted, where there was room', accept),
    ]),
    chain('send', 'a flow goes on', [...recordRules(description, 'passed'), rule('counted, where there was room', accept)]),
    chain('receive', 'and is answered: recorded under the key of what was sent', [
      ...recordRules(description, 'passed', replyParts(description.guard)),
      rule('counted, where there was room', accept),
    ]),
    chain('record', 'remembers who was refused what', recordRules(description, 'refused')),
    // A full set ends its rule, so recording and rejecting never share one.
    chain('refuse', 'recorded, then rejected: a full set never lets anything pass', [
      ...PROTOCOLS.map((protocol) => rule(`remember ${protocol} refusals`, l4proto(protocol), jump('record'))),
      rule('and say so at once', goto('turn_away')),
    ]),
    chain('turn_away', 'rejected, not dropped: whoever waits for a time-out has no answer', [
      rule('TCP learns it from a reset', rejectTcp),
      rule('all else from ICMP', rejectOther),
    ]),
  ]
}

/** ICMP errors alone: `related` by itself would admit what connection-tracking helpers expect, and ICMP redirects. */
const icmpErrors = chain('icmp_errors', 'errors about flows that are under way, path MTU among them', [
  rule('destination unreachable, fragmentation needed', ctState('related'), icmpType(4, 3), accept),
  rule('time exceeded, parameter problem', ctState('related'), icmpType(4, 11, 12), accept),
  rule('unreachable, packet too big, time exceeded, parameter problem', ctState('related'), icmpType(6, 1, 4), accept),
])

function staticRules({ guard }: RulesetDescription): readonly Rule[] {
  const parts = keyParts(guard, FLOW_PARTS)
  return FAMILIES.map((family) => rule('a zone file allows the address', inSet(family, parts, `static${family}`), goto('begin')))
}

function learnedRules(description: RulesetDescription): readonly Rule[] {
  const flow = keyParts(description.guard, FLOW_PARTS)
  const pair = keyParts(description.guard, ['daddr'])
  return FAMILIES.flatMap((family) => [
    rule('an answered name, on this port', inSet(family, flow, `allow${family}`), goto('begin')),
    rule('an answered name, on any port', inSet(family, pair, `any${family}`), goto('begin')),
    ...rangesOf(description).map((range) => rangeRule(range, inSet(family, pair, learnedSetName(range, family)))),
  ])
}

function rangeRule(range: PortRange, member: Statement): Rule {
  return rule('an answered name, on these ports', port(range.protocol as Protocol, 'dport', range.first, range.last), member, goto('begin'))
}

function auditRules({ guard, audited }: RulesetDescription): readonly Rule[] {
  if (audited.length === 0) return []
  if (guard === 'output') return [rule('audit mode', goto('audited'))]
  return FAMILIES.map((family) => rule('a client in audit mode', inSet(family, ['saddr', 'l4proto'], `audited${family}`), goto('audited')))
}

/** One rule a set: where it is full, the rule ends, and the next goes on. */
function recordRules({ guard }: RulesetDescription, kind: RecordKind, parts = keyParts(guard, FLOW_PARTS)): readonly Rule[] {
  return FAMILIES.map((family) => rule('one element a flow, bounded', record(family, parts, `${kind}${family}`, RECORD_TIMEOUT_MS)))
}

/** Metadata services come before everything else. */
export const metadataRules: readonly Rule[] = FAMILIES.map((family) =>
  rule('metadata services first', inSet(family, ['daddr'], `metadata${family}`), goto('metadata')),
)

/** DNS that gets past the redirect belongs to a flow from before it. */
export const foreignDnsRules: readonly Rule[] = PROTOCOLS.map((protocol) =>
  rule('DNS is answered here, nowhere else', port(protocol, 'dport', DNS_PORT), goto('refuse')),
)

/** What may be begun, once nothing else has decided. */
export const openRules: readonly Rule[] = [
  ...PROTOCOLS.map((protocol) => rule(`${protocol} to what is open`, l4proto(protocol), jump('open'))),
  rule('default deny', goto('refuse')),
]

/** A rule for each inbound port: to it, or from it. */
export function inboundRules(inbound: readonly PortRange[], key: 'dport' | 'sport'): readonly Rule[] {
  return inbound.flatMap(({ protocol, first, last }) =>
    (protocol === 'any' ? PROTOCOLS : [protocol]).map((each) =>
      key === 'dport'
        ? rule('inbound, from the settings', port(each, 'dport', first, last), ctDirection('original'), accept)
        : rule('replies on inbound ports', port(each, 'sport', first, last), ctState('established'), ctDirection('reply'), accept),
    ),
  )
}
