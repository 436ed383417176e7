// DHCP of the gateway, by the setting. A server replies to whomever a message names: a relay, or an address that its client says it has. No rule
// sees what comes in by a packet socket, as ISC dhcpd has them, so that its replies are looked at, too.
import {
  ofGiven,
  recordGiven,
  recordRelay,
  replyOfServer,
  requestOfClient,
  requestOfRelay,
  toClient,
  toRelay,
} from '../../linux/nftables/dhcp.ts'
import {
  address,
  back,
  counter,
  ctState,
  drop,
  inSet,
  interfaceName,
  jump,
  nfproto,
  port,
  type Statement,
} from '../../linux/nftables/match.ts'
import { type Chain, chain, type Rule, rule } from './chain.ts'
import { admit } from './common.ts'
import type { RulesetDescription } from './description.ts'
import { DHCP_GIVEN_TIMEOUT_MS, DHCP_RELAY_TIMEOUT_MS } from './sets.ts'

/** Server ports of DHCP (RFC 2131) and DHCPv6 (RFC 8415). */
const SERVER = { 4: 67, 6: 547 } as const
const UNSPECIFIED = new Uint8Array(4)
const BROADCAST = Uint8Array.of(255, 255, 255, 255)

/** A source that belongs to no interface. */
export function dhcpSourceRules({ dhcp }: RulesetDescription): readonly Rule[] {
  return dhcp ? [rule('nor has a DHCP client', address(4, 'saddr', UNSPECIFIED), port('udp', 'dport', SERVER[4]), back)] : []
}

/** To the gateway. */
export function dhcpRules(description: RulesetDescription): readonly Rule[] {
  if (!description.dhcp) return []
  return [
    rule('DHCP, by no relay', requestOfClient, admit(description)),
    rule('DHCPv6', port('udp', 'dport', SERVER[6]), admit(description)),
  ]
}

/** To the gateway, not from a sandbox: a relay may ask from another address than the one it names. */
export function dhcpRelayRules({ dhcp }: RulesetDescription): readonly Rule[] {
  return dhcp ? [rule('relays that have asked', nfproto(4), requestOfRelay, recordRelay('dhcp_relays', DHCP_RELAY_TIMEOUT_MS))] : []
}

/** From the gateway. */
export function dhcpReplyRules({ dhcp }: RulesetDescription): readonly Rule[] {
  return dhcp ? [rule('what a DHCP server says', replyOfServer, jump('dhcp_replies'))] : []
}

export function dhcpChains({ dhcp, interfaces }: RulesetDescription): readonly Chain[] {
  if (!dhcp) return []
  const given: Statement = inSet(4, ['daddr'], 'dhcp_given')
  return [
    chain('dhcp_replies', 'a DHCP server answers where it was asked from, and otherwise whoever it gives the address to', [
      rule('on the link', address(4, 'daddr', BROADCAST), back),
      rule('the relay that it was asked by', toRelay, ctState('established'), back),
      rule('or through', toRelay, inSet(4, ['daddr'], 'dhcp_relays'), back),
      // Not to others: whoever asks from outside, too, would be told what a sandbox says in his name.
      ...interfaces.map((name) =>
        rule('a sandbox with an address that has asked', interfaceName('oifname', name), ctState('established'), back),
      ),
      rule('the address that it gives', toClient, recordGiven('dhcp_given', DHCP_GIVEN_TIMEOUT_MS)),
      rule('to that address', toClient, ofGiven, given, back),
      rule('to whomever a message has named', counter, drop),
    ]),
  ]
}
