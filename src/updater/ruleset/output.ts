// guard: output. The chains of a network namespace whose own processes are the sandbox. No mark is trusted: whoever may set one
// could leave. The one exemption is the resolver's user, to its upstreams.
import {
  accept,
  address,
  counter,
  ctDirection,
  ctState,
  drop,
  goto,
  icmpType,
  jump,
  loopback,
  nfproto,
  port,
  redirectTo,
  type Statement,
  socketUser,
} from '../../linux/nftables/match.ts'
import { type Address, encodeAddress, familyOf, parseAddress } from '../../net/address.ts'
import type { Endpoint } from '../../net/endpoint.ts'
import { baseChain, type Chain, chain, type Rule, rule } from './chain.ts'
import { DNS_PORT, establishedRule, foreignDnsRules, inboundRules, metadataRules, openRules, revokedRules } from './common.ts'
import type { RulesetDescription } from './description.ts'
import { directDnsChains, directReplyRules } from './direct-dns.ts'
import { echoReplyRules, echoRules } from './echo.ts'
import { invalidRule } from './forward.ts'

const LOOPBACK = ['127.0.0.1', '::1'].map((text) => parseAddress(text)!)
/** Docker's resolver inside a container: it answers anything, on a port that anybody can find out. */
const DOCKER_RESOLVER = parseAddress('127.0.0.11')!
const PROTOCOLS = ['udp', 'tcp'] as const
/** ICMPv6 types of RFC 2710, RFC 4861 and RFC 3810. */
const ICMPV6 = { listenerQuery: 130, listenerReport: 131, listenerDone: 132, routerSolicitation: 133, routerAdvertisement: 134 } as const
const NEIGHBOUR = { solicitation: 135, advertisement: 136 } as const
const LISTENER_REPORT_V2 = 143
/** RFC 2131, RFC 8415 */
const DHCP = { server: 67, client: 68 } as const
const DHCPV6 = { server: 547, client: 546 } as const
const BROADCAST = parseAddress('255.255.255.255')!
/** All_DHCP_Relay_Agents_and_Servers (RFC 8415 section 7.1) */
const DHCP_SERVERS = parseAddress('ff02::1:2')!

export function outputChains(description: RulesetDescription): readonly Chain[] {
  return [
    ...directDnsChains(description),
    dnsChain(description),
    outputChain(description),
    leavingChain(description),
    insideChain,
    inputChain(description),
    forwardChain,
  ]
}

function dnsChain(description: RulesetDescription): Chain {
  const { port: resolverPort } = description.resolver
  return baseChain('dns', 'DNS, whatever server it is meant for', { base: 'dns', hook: 'output', policy: 'accept' }, [
    ...upstreamRules(description, (endpoint) => endpoint.port === DNS_PORT),
    ...PROTOCOLS.map((protocol) => rule('to the resolver', port(protocol, 'dport', DNS_PORT), redirectTo(resolverPort))),
  ])
}

function outputChain(description: RulesetDescription): Chain {
  const { port: resolverPort } = description.resolver
  return baseChain('output', 'what the processes here send', { base: 'verdict', hook: 'output', policy: 'drop' }, [
    ...directReplyRules(description),
    ...metadataRules,
    ...upstreamRules(description, () => true),
    ...description.upstreams.map((endpoint) =>
      rule('what its closed sockets still send', toEndpoint(endpoint, 'tcp'), ctState('established'), ctDirection('original'), accept),
    ),
    ...foreignResolverRules(description),
    ...LOOPBACK.flatMap((local) =>
      PROTOCOLS.map((protocol) => rule('queries, redirected', toEndpoint({ address: local, port: resolverPort }, protocol), accept)),
    ),
    ...foreignDnsRules,
    rule('to itself', loopback('oif'), accept),
    rule('to others', goto('leaving')),
  ])
}

function leavingChain(description: RulesetDescription): Chain {
  return chain('leaving', 'only what is open leaves', [
    invalidRule,
    ...echoRules(description),
    ...revokedRules(description),
    establishedRule(description),
    rule('errors about flows under way', jump('icmp_errors')),
    ...inboundRules(description, 'sport'),
    rule('multicast listener reports', icmpType(6, ICMPV6.listenerReport, ICMPV6.listenerDone), accept),
    rule('multicast listener reports, version 2', icmpType(6, LISTENER_REPORT_V2), accept),
    rule('router solicitation', icmpType(6, ICMPV6.routerSolicitation), accept),
    rule('neighbour discovery', icmpType(6, NEIGHBOUR.solicitation, NEIGHBOUR.advertisement), accept),
    ...(description.dhcp ? dhcpRequestRules : []),
    ...openRules,
  ])
}

/** A socket that is bound to a device sends by it what the kernel has redirected to loopback. Only here is it seen by which device a packet really leaves. */
const insideChain = baseChain(
  'inside',
  'what is meant for loopback leaves by no other device',
  { base: 'afterEgress', hook: 'postrouting', policy: 'accept' },
  [
    rule('on its way', loopback('oif'), accept),
    ...LOOPBACK.map((local) => rule('of a socket that is bound to another device', to(local), counter, drop)),
  ],
)

function inputChain(description: RulesetDescription): Chain {
  return baseChain('input', 'what comes in: replies, errors, and what inbound: names', { base: 'verdict', hook: 'input', policy: 'drop' }, [
    rule('from itself', loopback('iif'), accept),
    invalidRule,
    ...echoReplyRules(description, [...counter, ...drop]),
    ...revokedRules(description),
    rule('replies of flows that were begun here', ctState('established'), ctDirection('reply'), accept),
    rule('errors about them', jump('icmp_errors')),
    rule('multicast listener queries', icmpType(6, ICMPV6.listenerQuery), accept),
    rule('router advertisement, neighbour discovery', icmpType(6, ICMPV6.routerAdvertisement, NEIGHBOUR.advertisement), accept),
    ...(description.dhcp ? dhcpReplyRules : []),
    ...inboundRules(description, 'dport'),
    rule('begun outside', counter, drop),
  ])
}

const forwardChain = baseChain(
  'forward',
  'this namespace is no router: nothing passes through',
  { base: 'verdict', hook: 'forward', policy: 'drop' },
  [],
)

/** The resolver's own way out. A packet counts for the user who opened its socket, and for nobody once that is closed. */
function upstreamRules({ upstreams, resolver }: RulesetDescription, wanted: (endpoint: Endpoint) => boolean): readonly Rule[] {
  const { uid } = resolver
  if (uid === undefined) throw new TypeError('guard output needs the user of the resolver')
  return upstreams
    .filter(wanted)
    .flatMap((endpoint) =>
      PROTOCOLS.map((protocol) => rule('the resolver to its upstream', socketUser(uid), toEndpoint(endpoint, protocol), accept)),
    )
}

/** Resolvers on loopback are for ours alone: Docker's, and upstreams that are local forwarders. */
function foreignResolverRules({ upstreams, resolver }: RulesetDescription): readonly Rule[] {
  const others = socketUser(resolver.uid!, 'neq')
  const shared = upstreams.filter((endpoint) => LOOPBACK.includes(endpoint.address))
  const whole = upstreams.map((endpoint) => endpoint.address).filter(isLoopback)
  const addresses = [...new Set([DOCKER_RESOLVER, ...whole])].filter((each) => !LOOPBACK.includes(each))
  return [
    ...addresses.map((each) => rule('that resolver answers ours alone', to(each), others, goto('refuse'))),
    ...shared.flatMap((endpoint) =>
      PROTOCOLS.map((protocol) => rule('that port answers our resolver alone', toEndpoint(endpoint, protocol), others, goto('refuse'))),
    ),
  ]
}

function isLoopback(each: Address): boolean {
  return each.startsWith('127.') || each === LOOPBACK[1]
}

/** To whoever is on the link: in containers any process may have these ports, and to a server by its address they would be a way out. Who gets no answer there asks everybody. */
const dhcpRequestRules: readonly Rule[] = [
  rule('DHCP', to(BROADCAST), port('udp', 'sport', DHCP.client), port('udp', 'dport', DHCP.server), accept),
  rule('DHCPv6', to(DHCP_SERVERS), port('udp', 'sport', DHCPV6.client), port('udp', 'dport', DHCPV6.server), accept),
]

const dhcpReplyRules: readonly Rule[] = [
  rule('DHCP', nfproto(4), port('udp', 'sport', DHCP.server), port('udp', 'dport', DHCP.client), accept),
  rule('DHCPv6', nfproto(6), port('udp', 'sport', DHCPV6.server), port('udp', 'dport', DHCPV6.client), accept),
]

function to(each: Address): Statement {
  return address(familyOf(each), 'daddr', encodeAddress(each))
}

function toEndpoint(endpoint: Endpoint, protocol: 'tcp' | 'udp'): Statement {
  return [...to(endpoint.address), ...port(protocol, 'dport', endpoint.port)]
}
