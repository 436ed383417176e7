// What a DHCP message says of the way back, of which netfilter knows nothing.
import { cmp, dynsetUpdate, payload } from './expression.ts'
import { port, type Statement } from './match.ts'

/** RFC 2131 section 4.1 */
const PORT = { server: 67, client: 68 } as const
/** Where `op`, `yiaddr` and `giaddr` stand behind the UDP header (RFC 2131 section 2). */
const OPERATION_AT = 8
const GIVEN_AT = 8 + 16
const RELAY_AT = 8 + 24
const BOOTREPLY = 2
const UNSPECIFIED = new Uint8Array(4)

/**
 * `udp sport 68 udp dport 67 @th,256,32 0`: a client's own message. To what a relay has passed on, the server replies to the relay that the
 * message names, wherever that is, with what the client has said of itself: whoever names one has a way out.
 */
export const requestOfClient: Statement = [
  ...port('udp', 'sport', PORT.client),
  ...port('udp', 'dport', PORT.server),
  payload('transport', RELAY_AT, 4),
  cmp('eq', UNSPECIFIED),
]

/** `udp dport 67 @th,256,32 != 0`: passed on by the relay that it names. */
export const requestOfRelay: Statement = [...port('udp', 'dport', PORT.server), payload('transport', RELAY_AT, 4), cmp('neq', UNSPECIFIED)]

/** `update @dhcp_relays { @th,256,32 timeout 1m }` */
export function recordRelay(set: string, timeoutMs: number): Statement {
  return [payload('transport', RELAY_AT, 4), dynsetUpdate(set, timeoutMs)]
}

/** `udp sport 67 @th,64,8 2`: whatever a server says. */
export const replyOfServer: Statement = [
  ...port('udp', 'sport', PORT.server),
  payload('transport', OPERATION_AT, 1),
  cmp('eq', [BOOTREPLY]),
]

/** `udp dport 68`: to a client, not to a relay. */
export const toClient: Statement = port('udp', 'dport', PORT.client)

/** `udp dport 67`: to a relay. */
export const toRelay: Statement = port('udp', 'dport', PORT.server)

/** `@th,192,32 != 0`: it gives an address. Else it tells of something (DHCPINFORM), to whatever address the message said it came from. */
export const ofGiven: Statement = [payload('transport', GIVEN_AT, 4), cmp('neq', UNSPECIFIED)]

/** `update @dhcp_given { @th,192,32 timeout 1s }`: the address that the server gives. Where the set is full, the rule ends here. */
export function recordGiven(set: string, timeoutMs: number): Statement {
  return [payload('transport', GIVEN_AT, 4), dynsetUpdate(set, timeoutMs)]
}
