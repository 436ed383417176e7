// The chains that both guards share: what is open, what is recorded, how it is refused.
import {
  accept,
  clearMarkBits,
  ctDirection,
  ctOriginalPort,
  ctState,
  goto,
  hasFlowMark,
  icmpType,
  inSet,
  jump,
  l4proto,
  port,
  record,
  rejectOther,
  rejectTcp,
  type Statement,
  setFlowMark,
} from '../../linux/nftables/match.ts'
import type { Family } from '../../net/address.ts'
import type { PortRange, Protocol } from '../../net/port.ts'
import { type Chain, chain, type Rule, rule } from './chain.ts'
import { crowdChains, crowdRules } from './crowd.ts'
import type { RulesetDescription } from './description.ts'
import { learnedSetName } from './key.ts'
import { FAMILIES, flowParts, packetParts, pairParts, RECORD_TIMEOUT_MS, type RecordKind, rangesOf } from './sets.ts'

export const DNS_PORT = 53
/**
 * Flows that these rules let begin carry this bit in their mark, and only those go on without being judged again: what began
 * before the rules were there does not. One bit, of those that Kubernetes, Calico, Cilium, Tailscale and Docker leave alone by default.
 */
export const BEGUN_MARK = 0x0800_0000
const PROTOCOLS = ['tcp', 'udp'] as const

/** Judged, and let through. Under the routing lock the mark is handed in: what still carries it when it leaves was judged by nobody. */
export function admit({ protection }: RulesetDescription): Statement {
  return protection.kind === 'lock' ? [...clearMarkBits(protection.mark), ...accept] : accept
}

export function commonChains(description: RulesetDescription): readonly Chain[] {
  return [
    icmpErrors(description),
    chain('metadata', 'cloud metadata services: closed, unless a zone file names the address itself', [
      rule('answers to what they began', ctDirection('reply'), goto('refuse')),
      ...staticRules(description),
      rule('no name and no prefix opens them', goto('refuse')),
    ]),
    chain('open', 'TCP and UDP: what is open goes on, what is not returns', [
      ...staticRules(description),
      ...learnedRules(description),
      ...auditRules(description),
    ]),
    chain('reconsider', 'a flow to what was closed lately: it goes on only if something else has it open', [
      ...openOnes(),
      rule('the client is refused like at a beginning', ctDirection('original'), goto('refuse')),
      rule('and the other end told too', goto('turn_away')),
    ]),
    chain('audited', 'audit mode: recorded as would-be refused, and let through', [
      ...FAMILIES.flatMap((family) =>
        (['daddr', 'flowDaddr'] as const).map((target) =>
          rule('special-purpose addresses stay closed', inSet(family, [target, 'l4proto'], `closed${family}`), goto('refuse')),
        ),
      ),
      ...recordRules(description, 'audit'),
      rule('would be refused, were it enforced', goto('begin')),
    ]),
    chain('begin', 'let through: a flow begins', [
      ...crowdRules(description),
      rule('whose packets go on from now on', setFlowMark(BEGUN_MARK)),
      rule('or goes on: to a metadata service, or judged anew', ctState('established'), admit(description)),
      ...recordRules(description, 'begun'),
      rule('recorded, where there was room', admit(description)),
    ]),
    ...crowdChains(description),
    chain('record', 'remembers who was refused what', refusalRules(description)),
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
function icmpErrors(description: RulesetDescription): Chain {
  const error = (comment: string, type: Statement) => rule(comment, ctState('related'), type, admit(description))
  return chain('icmp_errors', 'errors about flows that are under way, path MTU among them', [
    error('destination unreachable, fragmentation needed', icmpType(4, 3)),
    error('time exceeded, parameter problem', icmpType(4, 11, 12)),
    error('unreachable, packet too big, time exceeded, parameter problem', icmpType(6, 1, 4)),
  ])
}

function staticRules(description: RulesetDescription): readonly Rule[] {
  return FAMILIES.flatMap((family) => flowRules(description, family, 'a zone file allows the address', `static${family}`))
}

function learnedRules(description: RulesetDescription): readonly Rule[] {
  const pair = pairParts(description.guard)
  return FAMILIES.flatMap((family) => [
    ...flowRules(description, family, 'an answered name, on this port', `allow${family}`),
    rule('an answered name, on any port', inSet(family, pair, `any${family}`), goto('begin')),
    ...rangesOf(description).map((range) => rangeRule(range, inSet(family, pair, learnedSetName(range, family)))),
  ])
}

function flowRules({ guard }: RulesetDescription, family: Family, comment: string, set: string): readonly Rule[] {
  return PROTOCOLS.map((protocol) => rule(comment, l4proto(protocol), inSet(family, flowParts(guard), set), goto('begin')))
}

function rangeRule({ protocol, first, last }: PortRange, member: Statement): Rule {
  return rule('an answered name, on these ports', l4proto(protocol as Protocol), ctOriginalPort(first, last), member, goto('begin'))
}

function auditRules({ guard, audited }: RulesetDescription): readonly Rule[] {
  if (audited.length === 0) return []
  if (guard === 'output') return [rule('audit mode', goto('audited'))]
  return FAMILIES.map((family) => rule('a client in audit mode', inSet(family, ['saddr', 'l4proto'], `audited${family}`), goto('audited')))
}

/** One rule a set and protocol: where the set is full, the rule ends, and the next goes on. */
function recordRules({ guard }: RulesetDescription, kind: Exclude<RecordKind, 'refused'>): readonly Rule[] {
  return FAMILIES.flatMap((family) =>
    PROTOCOLS.map((protocol) =>
      rule('one element a flow, bounded', l4proto(protocol), record(family, flowParts(guard), `${kind}${family}`, RECORD_TIMEOUT_MS)),
    ),
  )
}

/** Of what is refused, the packet tells: it may be the answer to a flow that somebody else began, or belong to none. */
function refusalRules({ guard }: RulesetDescription): readonly Rule[] {
  return FAMILIES.map((family) =>
    rule('one element a flow, bounded', record(family, packetParts(guard), `refused${family}`, RECORD_TIMEOUT_MS)),
  )
}

/**
 * An element that is gone stops no flow that has begun, and to find that among all others takes its time: until then it is judged again at
 * each packet. Not what the resolver began: its upstream may have the same address.
 */
export function revokedRules({ guard }: RulesetDescription): readonly Rule[] {
  const goesOn = [...ctState('established'), ...hasFlowMark(BEGUN_MARK)]
  return FAMILIES.map((family) =>
    rule('closed lately: judged anew', goesOn, inSet(family, pairParts(guard), `revoked${family}`), goto('reconsider')),
  )
}

/** In their original direction only: a server that keeps sending re-creates a revoked flow the other way round. */
export function establishedRule(description: RulesetDescription): Rule {
  return rule(
    'flows that were begun here go on',
    ctState('established'),
    ctDirection('original'),
    hasFlowMark(BEGUN_MARK),
    admit(description),
  )
}

/** What comes back on them. */
export function repliedRule(description: RulesetDescription): Rule {
  return rule(
    'replies of flows that were begun here',
    ctState('established'),
    ctDirection('reply'),
    hasFlowMark(BEGUN_MARK),
    admit(description),
  )
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
  // The key of a flow that was begun outside is not that of the client.
  ...openOnes(ctDirection('original')),
  rule('default deny', goto('refuse')),
]

function openOnes(...conditions: readonly Statement[]): readonly Rule[] {
  return PROTOCOLS.map((protocol) => rule(`${protocol} to what is open`, l4proto(protocol), ...conditions, jump('open')))
}

/** A rule for each inbound port: to it, or from it. */
export function inboundRules(description: RulesetDescription, key: 'dport' | 'sport'): readonly Rule[] {
  return description.inbound.flatMap(({ protocol, first, last }) =>
    (protocol === 'any' ? PROTOCOLS : [protocol]).map((each) =>
      key === 'dport'
        ? rule('inbound, from the settings', port(each, 'dport', first, last), ctDirection('original'), accept)
        : rule(
            'replies on inbound ports',
            port(each, 'sport', first, last),
            ctState('established'),
            ctDirection('reply'),
            admit(description),
          ),
    ),
  )
}
