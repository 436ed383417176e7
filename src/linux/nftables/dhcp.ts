// What a DHCP message says of the way back, of which netfilter knows nothing.
import { cmp, payload } from './expression.ts'
import { port, type Statement } from './match.ts'

/** RFC 2131 section 4.1 */
const PORT = { server: 67, client: 68 } as const
/** Where `giaddr` stands behind the UDP header (RFC 2131 section 2). */
const RELAY_AT = 8 + 24

/**
 * `udp sport 68 udp dport 67 @th,256,32 0`: a client's own message. To what a relay has passed on, the server replies to the relay that the
 * message names, wherever that is, with what the client has said of itself: whoever names one has a way out.
 */
export const requestOfClient: Statement = [
  ...port('udp', 'sport', PORT.client),
  ...port('udp', 'dport', PORT.server),
  payload('transport', RELAY_AT, 4),
  cmp('eq', new Uint8Array(4)),
]
