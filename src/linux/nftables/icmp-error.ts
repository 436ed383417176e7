// Statements that tell ICMP errors by what they are about: the packet that they quote, of which netfilter knows nothing.

import { bitwise, cmp, type Expression, payload } from './expression.ts'
import { type Family, icmpType, type Statement } from './match.ts'

/** ICMP types of what cannot be delivered and of what took too long; in the IP header that is quoted, where the protocol stands and where that ends. */
const QUOTED = {
  4: { unreachable: 3, timeExceeded: 11, protocol: 9, headerOctets: 20 },
  6: { unreachable: 1, timeExceeded: 3, protocol: 6, headerOctets: 40 },
} as const
/** Types and codes of RFC 792 and RFC 4443, and the hop-by-hop options of RFC 8200 as next header. */
const PARAMETER_PROBLEM = 4
const REASSEMBLY = 1
const HOP_BY_HOP = 0
/** TCP, the octet of its flags, and RST (RFC 9293 section 3.1). */
const TCP = 6
const TCP_FLAGS = 13
const TCP_RESET = 4

/** An ICMP error about a TCP reset, as `@th,136,8 6 @th,328,8 & 4 == 4` has it: the packet that it quotes begins after eight octets, with a header without options. */
export function errorAboutReset(family: Family): Statement {
  const { unreachable, protocol, headerOctets } = QUOTED[family]
  const isReset = [quoted(headerOctets + TCP_FLAGS), bitwise([TCP_RESET], [0]), cmp('eq', [TCP_RESET])]
  return [...icmpType(family, unreachable), quoted(protocol), cmp('eq', [TCP]), ...isReset]
}

/** An ICMPv6 error about hop-by-hop options, as `@th,112,8 0` has it. The kernel judges them before any hook. */
export const errorAboutOptions: Statement = [...icmpType(6, PARAMETER_PROBLEM), quoted(QUOTED[6].protocol), cmp('eq', [HOP_BY_HOP])]

/** `icmp type time-exceeded icmp code 1`: not all fragments came. Connection tracking waits for them before any hook of ours. */
export function errorAboutFragments(family: Family): Statement {
  return [...icmpType(family, QUOTED[family].timeExceeded), payload('transport', 1, 1), cmp('eq', [REASSEMBLY])]
}

function quoted(offset: number): Expression {
  return payload('transport', 8 + offset, 1)
}
