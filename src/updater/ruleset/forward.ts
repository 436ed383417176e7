// guard: forward. The chains of a gateway, which judge what sandboxes send through it and to it, in both directions of a flow.
// What is neither from nor to a sandbox interface passes by untouched.
import { errorAboutFragments, errorAboutOptions, errorAboutReset } from '../../linux/nftables/icmp-error.ts'
import {
  address,
  back,
  counter,
  ctOriginalPort,
  ctState,
  drop,
  goto,
  hasMarkBits,
  icmpType,
  interfaceName,
  interfaceRateBeyond,
  ipv4Options,
  jump,
  port,
  redirectTo,
  routingHeader,
  type Statement,
  setMarkBits,
  sourceDoesNotBelong,
  sourceRateBeyond,
  toBridge,
} from '../../linux/nftables/match.ts'
import { encodeAddress, familyOf } from '../../net/address.ts'
import type { Endpoint } from '../../net/endpoint.ts'
import { baseChain, type Chain, chain, type Rule, rule } from './chain.ts'
import {
  admit,
  DNS_PORT,
  establishedRule,
  foreignDnsRules,
  inboundRules,
  metadataRules,
  openRules,
  repliedRule,
  revokedRules,
} from './common.ts'
import { SHARES_OF_AN_INTERFACE } from './crowd.ts'
import type { RulesetDescription } from './description.ts'
import { dhcpChains, dhcpRelayRules, dhcpReplyRules, dhcpRules, dhcpSourceRules } from './dhcp.ts'
import { echoReplyRules, echoRules } from './echo.ts'
import { egressChains, strandedRules } from './egress.ts'
import { DNS_FLOWS_TIMEOUT_MS, FAMILIES } from './sets.ts'

/** ICMPv6 types of RFC 4861. Router advertisements and redirects are not for sandboxes to send. */
const ROUTER_SOLICITATION = 133
const NEIGHBOUR_SOLICITATION = 135
const NEIGHBOUR_ADVERTISEMENT = 136
/** RFC 7858; over QUIC RFC 9250. */
const DNS_OVER_TLS_PORT = 853
const UNSPECIFIED = new Uint8Array(16)

export function forwardChains(description: RulesetDescription): readonly Chain[] {
  return [
    ...entryChains(description),
    sourceChain(description),
    redirectChain(description),
    toSandbox(description),
    fromSandbox(description),
    toGateway(description),
    ...dhcpChains(description),
    ...egressChains(description),
  ]
}

/** The hooks: nothing but the choice of who is judged, so that no other traffic costs more than a name comparison. */
function entryChains(description: RulesetDescription): readonly Chain[] {
  const { interfaces, protection } = description
  const entering = (comment: string, chainName: string) =>
    interfaces.map((name) => rule(comment, interfaceName('iifname', name), goto(chainName)))
  const leaving = (comment: string, chainName: string) =>
    interfaces.map((name) => rule(comment, interfaceName('oifname', name), goto(chainName)))
  return [
    baseChain('prerouting', 'sources, before anything else sees the packet', { base: 'source', hook: 'prerouting', policy: 'accept' }, [
      ...entering('from a sandbox', 'source'),
      rule('no honest packet: by a port past its bridge, whose name alone we know', toBridge, counter, drop),
    ]),
    baseChain(
      'dns',
      'DNS, whatever server it is meant for',
      { base: 'dns', hook: 'prerouting', policy: 'accept' },
      entering('from a sandbox', 'redirect_dns'),
    ),
    baseChain(
      'forward',
      'through the gateway: first what goes to a sandbox, then what comes from one',
      { base: 'verdict', hook: 'forward', policy: 'accept' },
      [...leaving('to a sandbox', 'to_sandbox'), ...entering('from a sandbox', 'from_sandbox')],
    ),
    baseChain('input', 'to the gateway itself', { base: 'verdict', hook: 'input', policy: 'accept' }, [
      ...entering('from a sandbox', 'to_gateway'),
      ...dhcpRelayRules(description),
    ]),
    ownChain(description),
    ...(protection.kind === 'lock' ? lastChecks(protection.mark) : []),
  ]
}

/** Whatever single chain others flush, a second one still says no: without the verdict the mark is still there, without this check there is the verdict. */
function lastChecks(mark: number): readonly Chain[] {
  const check = (name: string, hook: 'input' | 'postrouting') =>
    baseChain(name, 'the mark of the routing lock is handed in at the verdict', { base: 'lastCheck', hook, policy: 'accept' }, [
      rule('judged by nobody', hasMarkBits(mark), counter, drop),
    ])
  return [check('leave', 'postrouting'), check('arrive', 'input')]
}

/**
 * Else our kernel quotes a sandbox to whom it likes. Of a connection that we reset for an address that nobody has, the other end is told;
 * the others are told to the source, which is looked at too late: no honest sender needs either.
 */
function ownChain(description: RulesetDescription): Chain {
  return baseChain('errors', 'what the gateway says of itself', { base: 'verdict', hook: 'output', policy: 'accept' }, [
    ...FAMILIES.map((family) => rule('that a reset did not arrive is no news to anybody', errorAboutReset(family), counter, drop)),
    ...FAMILIES.map((family) => rule('nor that fragments did not', errorAboutFragments(family), counter, drop)),
    rule('nor what hop-by-hop options are like', errorAboutOptions, counter, drop),
    ...dhcpReplyRules(description),
  ])
}

function sourceChain(description: RulesetDescription): Chain {
  const { protection } = description
  const mark = protection.kind === 'lock' ? [rule('the routing lock opens to this mark alone', setMarkBits(protection.mark))] : []
  return chain('source', 'a source that does not belong to its interface is dropped', [
    rule('duplicate address detection has no source yet', address(6, 'saddr', UNSPECIFIED), icmpType(6, NEIGHBOUR_SOLICITATION), back),
    ...dhcpSourceRules(description),
    rule('forged, or not routed back this way', sourceDoesNotBelong(), counter, drop),
    rule('options: a source route could be among them', ipv4Options, counter, drop),
    rule('source route', routingHeader, counter, drop),
    ...mark,
  ])
}

function redirectChain({ resolver }: RulesetDescription): Chain {
  return chain('redirect_dns', 'to the resolver, at the address of the interface that the query came in by', [
    rule('any server, UDP', port('udp', 'dport', DNS_PORT), redirectTo(resolver.port)),
    rule('any server, TCP', port('tcp', 'dport', DNS_PORT), redirectTo(resolver.port)),
  ])
}

function toSandbox(description: RulesetDescription): Chain {
  return chain('to_sandbox', 'only replies, errors, and what inbound: names', [
    ...description.interfaces.map((name) => rule('no sandbox reaches another', interfaceName('iifname', name), goto('refuse'))),
    invalidRule,
    ...echoReplyRules(description, goto('turn_away')),
    ...revokedRules(description),
    repliedRule(description),
    rule('errors about them', jump('icmp_errors')),
    ...inboundRules(description, 'dport'),
    rule('begun outside', goto('turn_away')),
  ])
}

function fromSandbox(description: RulesetDescription): Chain {
  return chain('from_sandbox', 'only what is open', [
    ...strandedRules(description),
    ...metadataRules,
    ...foreignDnsRules,
    ...description.upstreams.flatMap(upstreamRules),
    invalidRule,
    ...echoRules(description),
    ...revokedRules(description),
    establishedRule(description),
    rule('errors about flows under way', jump('icmp_errors')),
    ...inboundRules(description, 'sport'),
    ...openRules,
  ])
}

function toGateway(description: RulesetDescription): Chain {
  const { resolver } = description
  const query = (protocol: 'tcp' | 'udp') =>
    rule('queries, redirected or meant for us', port(protocol, 'dport', resolver.port), ctOriginalPort(DNS_PORT), admit(description))
  return chain('to_gateway', 'of the gateway itself: the resolver, and what the link needs', [
    invalidRule,
    ...floodRules(description),
    query('udp'),
    query('tcp'),
    rule('errors about flows under way', jump('icmp_errors')),
    rule('router solicitation', icmpType(6, ROUTER_SOLICITATION), admit(description)),
    rule('neighbour discovery', icmpType(6, NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT), admit(description)),
    ...dhcpRules(description),
    ...inboundRules(description, 'sport'),
    rule('default deny', goto('refuse')),
  ])
}

/**
 * Connection tracking is everybody's, and each question from a port of its own is an entry in it, to whatever server. By source first, so that
 * of those behind one bridge no other has less for it; then by interface, for whoever has addresses without end.
 */
function floodRules({ resolver, dnsFlowsPerSecond: perSecond }: RulesetDescription): readonly Rule[] {
  if (perSecond === 0) return []
  const beyond = (comment: string, rate: Statement) =>
    (['udp', 'tcp'] as const).map((protocol) =>
      rule(comment, ctState('new'), port(protocol, 'dport', resolver.port), rate, goto('turn_away')),
    )
  return [
    ...FAMILIES.flatMap((family) =>
      beyond('a source begins so many DNS flows a second', sourceRateBeyond(family, `dns_flows${family}`, perSecond, DNS_FLOWS_TIMEOUT_MS)),
    ),
    ...beyond('and an interface so many', interfaceRateBeyond('dns_flows', perSecond * SHARES_OF_AN_INTERFACE, DNS_FLOWS_TIMEOUT_MS)),
  ]
}

/** Whatever opens its address: the upstream answers anything. */
function upstreamRules({ address: upstream, port: upstreamPort }: Endpoint): readonly Rule[] {
  const family = familyOf(upstream)
  const ports = [...new Set([upstreamPort, DNS_OVER_TLS_PORT])].filter((each) => each !== DNS_PORT)
  return ports.flatMap((each) =>
    (['tcp', 'udp'] as const).map((protocol) =>
      rule(
        'the upstream answers the resolver alone',
        address(family, 'daddr', encodeAddress(upstream)),
        port(protocol, 'dport', each),
        goto('refuse'),
      ),
    ),
  )
}

/** Dropped, not rejected: a reset in answer to a late segment would end a healthy flow. */
export const invalidRule: Rule = rule('belongs to no flow, and would skip SNAT', ctState('invalid'), counter, drop)
