// Queries that are sent to the resolver itself, over loopback, are not tracked: that costs less (`npm run bench`, "cached answers"), and
// they take no place in the table of flows.
//
// The reply to a query that was meant for another server must be tracked, for the kernel has to give it that server's address. It looks
// like a direct one if its client asked from the same loopback address: 127.0.0.1 asks 127.0.0.53 as well as 127.0.0.1. So such queries
// come to the resolver from elsewhere: from another loopback address, or, as IPv6 has no other, from a port that direct ones are not untracked from.
import { accept, port, type Statement, snatTo, snatToPorts, socketUser, toItself, untracked } from '../../linux/nftables/match.ts'
import { encodeAddress, type Family, parseAddress } from '../../net/address.ts'
import { baseChain, type Chain, type Rule, rule } from './chain.ts'
import { DNS_PORT } from './common.ts'
import type { RulesetDescription } from './description.ts'
import { FAMILIES } from './sets.ts'

const LOOPBACK = { 4: octetsOf('127.0.0.1'), 6: octetsOf('::1') } as const
const ELSEWHERE = octetsOf('127.0.0.2')
/** Clients have their ports of the kernel, which gives none below 1024. */
const RESERVED = { first: 512, last: 1023 } as const
const ORDINARY = { first: 1024, last: 65_535 } as const

/** Only where the resolver has the port that clients send to: elsewhere every query is redirected. */
export function directDnsChains({ resolver }: RulesetDescription): readonly Chain[] {
  if (resolver.port !== DNS_PORT) return []
  const client = (key: 'sport' | 'dport') => port('udp', key, ORDINARY.first, ORDINARY.last)
  return [
    baseChain(
      'direct_dns',
      'the resolver is asked, and answers, over loopback: that begins no flow',
      { base: 'untracked', hook: 'output', policy: 'accept' },
      [
        rule('a reply', ...replyOver(4), untracked),
        rule('a query', ...queryOver(4), untracked),
        rule('a reply', ...replyOver(6), client('dport'), untracked),
        rule('a query', ...queryOver(6), client('sport'), untracked),
      ],
    ),
    baseChain(
      'other_dns',
      'what was meant for other servers comes from elsewhere, so that its replies are told apart',
      { base: 'egress', hook: 'postrouting', policy: 'accept' },
      [
        rule('from another address', ...queryOver(4), snatTo(4, ELSEWHERE)),
        rule('from another port', ...queryOver(6), snatToPorts(6, LOOPBACK[6], RESERVED.first, RESERVED.last)),
      ],
    ),
  ]
}

/** To stand before all other rules, so that an answer passes one of them instead of a dozen. Whoever else may send from that port is judged by the others. */
export function directReplyRules({ resolver }: RulesetDescription): readonly Rule[] {
  if (resolver.port !== DNS_PORT) return []
  return FAMILIES.map((family) => rule('what the resolver answers over loopback', ...replyOver(family), socketUser(resolver.uid!), accept))
}

function queryOver(family: Family): readonly Statement[] {
  return [toItself(family, LOOPBACK[family]), port('udp', 'dport', DNS_PORT)]
}

function replyOver(family: Family): readonly Statement[] {
  return [toItself(family, LOOPBACK[family]), port('udp', 'sport', DNS_PORT)]
}

function octetsOf(text: string): Uint8Array {
  return encodeAddress(parseAddress(text)!)
}
