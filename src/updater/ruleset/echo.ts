// ICMP echo to what is open, by the setting. An element of the same sets opens it: connection tracking has the type of the request where TCP
// has its port. Every packet is judged, replies too, so that a revocation needs no look at flows, which for ICMP tell no port.
import { ctDirection, ctState, goto, icmpType, inSet, type Statement, setFlowMark } from '../../linux/nftables/match.ts'
import { compareValues, cutRange, mergeAdjacent, uniteRanges } from '../../policy/range.ts'
import type { StaticSegment } from '../../policy/static.ts'
import { type Chain, chain, type Rule, rule } from './chain.ts'
import { admit, BEGUN_MARK } from './common.ts'
import { crowdRules } from './crowd.ts'
import type { ClientRange, RulesetDescription } from './description.ts'
import { ECHO_REQUEST } from './key.ts'
import { FAMILIES, flowParts } from './sets.ts'

/** Types of RFC 792 and RFC 4443. */
const ECHO_REPLY = { 4: 0, 6: 129 } as const

/** Requests. To come before the rule that lets flows go on. */
export function echoRules(description: RulesetDescription): readonly Rule[] {
  if (!description.echo) return []
  return FAMILIES.flatMap((family) => {
    const request = icmpType(family, ECHO_REQUEST[family].type)
    return [
      ...openTo(description, family).map((member) => rule('echo to what is open', request, ctDirection('original'), member, goto('echo'))),
      rule('echo to what is not', request, goto('refuse')),
    ]
  })
}

/** Replies. To come before the rule that lets those of flows pass; `verdict` is for the others. */
export function echoReplyRules(description: RulesetDescription, verdict: Statement): readonly Rule[] {
  if (!description.echo) return []
  return FAMILIES.flatMap((family) => {
    const reply = icmpType(family, ECHO_REPLY[family])
    return [
      ...openTo(description, family).map((member) =>
        rule('echo replies of what is open', reply, ctState('established'), ctDirection('reply'), member, admit(description)),
      ),
      rule('echo replies that nobody asked for, or may ask for any more', reply, verdict),
    ]
  })
}

export function echoChains(description: RulesetDescription): readonly Chain[] {
  if (!description.echo) return []
  return [
    chain('echo', 'ICMP echo, let through', [
      ...crowdRules(description),
      rule('a flow like others, for the fixed source address', setFlowMark(BEGUN_MARK)),
      rule('judged, request by request', admit(description)),
    ]),
  ]
}

/** Where static entries open anything: disjoint boxes of clients and destinations. */
export function echoBoxes(
  segments: readonly StaticSegment[],
): readonly (ClientRange & { readonly destination: Omit<ClientRange, 'family'> })[] {
  return FAMILIES.flatMap((family) => {
    const ofFamily = segments.filter((segment) => segment.family === family)
    if (ofFamily.length === 0) return []
    const clients = ofFamily.map(({ client }) => client)
    const whole = {
      first: clients.map(({ first }) => first).sort(compareValues)[0]!,
      last: clients
        .map(({ last }) => last)
        .sort(compareValues)
        .at(-1)!,
    }
    const boxes = cutRange(whole, clients).flatMap(({ first, last }) => {
      const theirs = ofFamily.filter(({ client }) => client.first <= first && last <= client.last)
      return uniteRanges(theirs.map(({ destination }) => destination)).map((destination) => ({ family, first, last, destination }))
    })
    return mergeAdjacent(
      boxes,
      (box) => box,
      ({ destination }) => `${destination.first} ${destination.last}`,
      (box, range) => ({ ...box, ...range }),
    )
  })
}

function openTo({ guard }: RulesetDescription, family: 4 | 6): readonly Statement[] {
  return [`allow${family}`, `static${family}`].map((set) => inSet(family, flowParts(guard), set))
}
