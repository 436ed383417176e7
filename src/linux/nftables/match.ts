// Statements in nft's own terms, put together from expressions the way nft(8) does, so that `nft list` prints them as they are named here.
import {
  bitwise,
  cmp,
  counter as countPackets,
  ct,
  ctSet,
  dynsetCountFlows,
  dynsetUpdate,
  type Expression,
  extensionHeader,
  fibSourceBelongs,
  immediate,
  lookup,
  meta,
  metaSet,
  NFT_REG_1,
  notrack,
  payload,
  type Register,
  rateBeyond,
  redirect,
  registerAt,
  reject,
  sourceNat,
  verdict,
} from './expression.ts'

export type Statement = readonly Expression[]
export type Family = 4 | 6
type Protocol = 'tcp' | 'udp'

const IFNAMSIZ = 16
/** NFPROTO_IPV4, NFPROTO_IPV6 */
const NFPROTO = { 4: 2, 6: 10 } as const
const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const
/** Offsets and lengths of the addresses in the IP headers (RFC 791, RFC 8200). */
const ADDRESS = { 4: { saddr: 12, daddr: 16, octets: 4 }, 6: { saddr: 8, daddr: 24, octets: 16 } } as const
/** Offsets of the ports in the TCP and UDP headers. */
const PORT = { sport: 0, dport: 2 } as const
/** NF_CT_STATE_BIT of include/uapi/linux/netfilter/nf_conntrack_common.h */
const CT_STATE = { invalid: 1, established: 2, related: 4, new: 8 } as const
const CT_DIRECTION = { original: 0, reply: 1 } as const
/** A link is a /64 (RFC 4291 section 2.5.1). */
const NETWORK_BITS = new Uint8Array(16).fill(0xff, 0, 8)
const LOOPBACK_INDEX = 1
/** include/uapi/linux/if_arp.h */
const ARPHRD_ETHER = 1
/** IPPROTO_ROUTING */
const ROUTING_HEADER = 43

/** `iifname "eth0"`, `oifname "veth*"` */
export function interfaceName(key: 'iifname' | 'oifname', pattern: string): Statement {
  const wildcard = pattern.endsWith('*')
  const octets = Buffer.alloc(wildcard ? pattern.length - 1 : IFNAMSIZ)
  octets.write(pattern.slice(0, wildcard ? -1 : undefined))
  return [meta(key), cmp('eq', octets)]
}

/** `iif "lo"`, `oif "lo"`. It has this number in every network namespace (LOOPBACK_IFINDEX, include/net/flow.h), and numbers are compared faster than names. */
export function loopback(key: 'iif' | 'oif'): Statement {
  return [meta(key), cmp('eq', u32Host(LOOPBACK_INDEX))]
}

/**
 * `meta iiftype ether ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00`: meant for the bridge itself (IEEE 802.1Q section 8.6.3), which hands
 * it to the port's own device (br_handle_frame of net/bridge/br_input.c).
 */
export const toBridge: Statement = [
  meta('iiftype'),
  cmp('eq', new Uint8Array(Uint16Array.of(ARPHRD_ETHER).buffer)),
  payload('link', 0, 6),
  bitwise([0xff, 0xff, 0xff, 0xff, 0xff, 0xf0], new Uint8Array(6)),
  cmp('eq', [0x01, 0x80, 0xc2, 0, 0, 0]),
]

/** `meta l4proto tcp` */
export function l4proto(protocol: keyof typeof IPPROTO): Statement {
  return [meta('l4proto'), cmp('eq', [IPPROTO[protocol]])]
}

/** `tcp dport 53`, `udp sport 8000-8100` */
export function port(protocol: Protocol, key: keyof typeof PORT, first: number, last = first): Statement {
  return [...l4proto(protocol), payload('transport', PORT[key], 2), ...within(first, last)]
}

/** `icmp type 3`, `icmpv6 type 133-136` */
export function icmpType(family: Family, first: number, last = first): Statement {
  const range = first === last ? [cmp('eq', [first])] : [cmp('gte', [first]), cmp('lte', [last])]
  return [...nfproto(family), ...l4proto(family === 4 ? 'icmp' : 'icmpv6'), payload('transport', 0, 1), ...range]
}

/** `meta nfproto ipv4` */
export function nfproto(family: Family): Statement {
  return [meta('nfproto'), cmp('eq', [NFPROTO[family]])]
}

/** `ip daddr 192.0.2.1` */
export function address(family: Family, key: 'saddr' | 'daddr', octets: Uint8Array): Statement {
  return [...nfproto(family), addressTo(family, key, NFT_REG_1), cmp('eq', octets)]
}

/** `ip saddr 192.0.2.1 ip daddr 192.0.2.1`: from an address to itself */
export function toItself(family: Family, octets: Uint8Array): Statement {
  return [...address(family, 'saddr', octets), addressTo(family, 'daddr', NFT_REG_1), cmp('eq', octets)]
}

/** `ip saddr != 192.0.2.1` */
export function sourceIsNot(family: Family, octets: Uint8Array): Statement {
  return [...nfproto(family), addressTo(family, 'saddr', NFT_REG_1), cmp('neq', octets)]
}

/** `ct original ip saddr >= 10.77.1.0 ct original ip saddr <= 10.77.1.255`: of the flow's first packet, before anybody's NAT. Wants a match of the family before it. */
export function flowSourceWithin(family: Family, first: Uint8Array, last: Uint8Array): Statement {
  return [partTo(family, 'flowSaddr', NFT_REG_1), cmp('gte', first), cmp('lte', last)]
}

/** `snat ip to 198.51.100.9` */
export function snatTo(family: Family, octets: Uint8Array): Statement {
  return [immediate(octets), sourceNat(NFPROTO[family], false)]
}

/** `snat ip6 to [2001:db8::9]:512-1023` */
export function snatToPorts(family: Family, octets: Uint8Array, first: number, last: number): Statement {
  const [low, high] = [immediate(u16(first), NFT_REG_1 + 1), immediate(u16(last), NFT_REG_1 + 2)]
  return [immediate(octets), low, high, sourceNat(NFPROTO[family], true)]
}

/** A part of a concatenated key: of the packet, or of the flow as its first packet was before anybody's NAT (`flow…`). */
export type KeyPart = 'saddr' | 'daddr' | 'l4proto' | 'sport' | 'dport' | 'flowSaddr' | 'flowDaddr' | 'flowDport'

/** `ip saddr . ip daddr . meta l4proto . th dport @allow4`. `flowDport` wants a protocol match before it, so that nft can print it. */
export function inSet(family: Family, key: readonly KeyPart[], set: string): Statement {
  return [...keyOf(family, key), lookup(set)]
}

/** `ct original ip6 saddr != @named6` */
export function notInSet(family: Family, key: readonly KeyPart[], set: string): Statement {
  return [...keyOf(family, key), lookup(set, true)]
}

/** `update @refused4 { ip saddr . ip daddr . meta l4proto . th dport timeout 1h counter }`: where the set is full, the rule ends here. */
export function record(family: Family, key: readonly KeyPart[], set: string, timeoutMs: number): Statement {
  return [...keyOf(family, key), dynsetUpdate(set, timeoutMs, countPackets())]
}

/** How flows are counted: in so many lists, by bits of their source ports, and in each up to so many. */
export interface FlowLimit {
  readonly portMask: number
  readonly mostOfEach: number
}

/** `add @flows4 { ct original ip saddr . th sport & 126 ct count over 174 }`: goes on only for the flows beyond so many; where the set is full, for none. */
export function flowsBeyond(family: Family, set: string, limit: FlowLimit): Statement {
  return countedFlows(keyOf(family, ['flowSaddr']), ADDRESS[family].octets, set, limit)
}

/** The same for each IPv6 /64: `add @flows6 { ct original ip6 saddr & ffff:ffff:ffff:ffff:: . th sport & 126 ct count over 174 }`. */
export function networkFlowsBeyond(set: string, limit: FlowLimit): Statement {
  return countedFlows([...keyOf(6, ['flowSaddr']), bitwise(NETWORK_BITS, new Uint8Array(16))], ADDRESS[6].octets, set, limit)
}

/** The same for each interface: `add @flows { iif . th sport & 126 ct count over 603 }`. */
export function interfaceFlowsBeyond(set: string, limit: FlowLimit): Statement {
  return countedFlows([meta('iif')], 4, set, limit)
}

function countedFlows(who: Statement, octets: number, set: string, { portMask, mostOfEach }: FlowLimit): Statement {
  const register = registerAt(octets)
  return [
    ...who,
    payload('transport', PORT.sport, 2, register),
    bitwise(u16(portMask), u16(0), register),
    dynsetCountFlows(set, mostOfEach),
  ]
}

/** `update @flows { iif timeout 1m limit rate over 1000/second burst 1000 packets }`: goes on only for packets beyond so many; where the set is full, for none. */
export function interfaceRateBeyond(set: string, perSecond: number, timeoutMs: number): Statement {
  return [meta('iif'), dynsetUpdate(set, timeoutMs, rateBeyond(perSecond))]
}

/** The same by source address. */
export function sourceRateBeyond(family: Family, set: string, perSecond: number, timeoutMs: number): Statement {
  return [...keyOf(family, ['saddr']), dynsetUpdate(set, timeoutMs, rateBeyond(perSecond))]
}

/** `ct state established` */
export function ctState(state: keyof typeof CT_STATE): Statement {
  return [ct('state'), bitwise(u32Host(CT_STATE[state]), u32Host(0)), cmp('neq', u32Host(0))]
}

/** `ct direction original` */
export function ctDirection(direction: keyof typeof CT_DIRECTION): Statement {
  return [ct('direction'), cmp('eq', [CT_DIRECTION[direction]])]
}

/** `ct original proto-dst 53`, `8000-8100`: the port that the flow's first packet was sent to, before any redirect. Wants a protocol match before it, so that nft can print it. */
export function ctOriginalPort(first: number, last = first): Statement {
  return [ct('protoDst', CT_DIRECTION.original), ...within(first, last)]
}

/** `ct mark set ct mark | 0x10000` */
export function setFlowMark(bit: number): Statement {
  return [ct('mark'), bitwise(u32Host(~bit >>> 0), u32Host(bit)), ctSet('mark')]
}

/** `ct mark & 0x10000 == 0x10000` */
export function hasFlowMark(bit: number): Statement {
  return [ct('mark'), bitwise(u32Host(bit), u32Host(0)), cmp('eq', u32Host(bit))]
}

/** `ip hdrlength != 5`: a header of more than 20 octets has options. */
export const ipv4Options: Statement = [...nfproto(4), payload('network', 0, 1), bitwise([0x0f], [0]), cmp('neq', [5])]
/** `exthdr rt exists` */
export const routingHeader: Statement = [...nfproto(6), extensionHeader(ROUTING_HEADER), cmp('eq', [1])]

/** `fib saddr . iif oif missing`: the source is not reached by the interface that the packet came in by. */
export function sourceDoesNotBelong(): Statement {
  return [fibSourceBelongs(), cmp('eq', u32Host(0))]
}

/** `meta skuid 1000`: sent by a process of that user. Packets without a socket never match. */
export function socketUser(uid: number, op: 'eq' | 'neq' = 'eq'): Statement {
  return [meta('skuid'), cmp(op, u32Host(uid))]
}

/** `meta mark set meta mark | 0x10000` */
export function setMarkBits(bits: number): Statement {
  return [meta('mark'), bitwise(u32Host(~bits >>> 0), u32Host(bits)), metaSet('mark')]
}

/** `meta mark set meta mark & 0xfffeffff` */
export function clearMarkBits(bits: number): Statement {
  return [meta('mark'), bitwise(u32Host(~bits >>> 0), u32Host(0)), metaSet('mark')]
}

/** `meta mark & 0x10000 == 0x10000` */
export function hasMarkBits(bits: number): Statement {
  return [meta('mark'), bitwise(u32Host(bits), u32Host(0)), cmp('eq', u32Host(bits))]
}

/** `redirect to :53` */
export function redirectTo(toPort: number): Statement {
  return [immediate(u16(toPort)), redirect()]
}

export const accept: Statement = [verdict('accept')]
/** `notrack` */
export const untracked: Statement = [notrack()]
export const drop: Statement = [verdict('drop')]
export const back: Statement = [verdict('return')]
export const counter: Statement = [countPackets()]
/** `reject with tcp reset` */
export const rejectTcp: Statement = [...l4proto('tcp'), countPackets(), reject('tcp reset')]
/** `reject with icmpx admin-prohibited` */
export const rejectOther: Statement = [countPackets(), reject('icmpx admin-prohibited')]

export function jump(chain: string): Statement {
  return [verdict('jump', chain)]
}

export function goto(chain: string): Statement {
  return [verdict('goto', chain)]
}

/** Loads the parts side by side, each at a register of four octets. What comes from the flow alone needs no look at the packet. */
function keyOf(family: Family, key: readonly KeyPart[]): Statement {
  let octets = 0
  const loads = key.map((part) => {
    const load = partTo(family, part, registerAt(octets))
    octets += part.endsWith('addr') ? ADDRESS[family].octets : 4
    return load
  })
  return key.some((part) => part === 'saddr' || part === 'daddr') ? [...nfproto(family), ...loads] : loads
}

function partTo(family: Family, part: KeyPart, register: Register): Expression {
  switch (part) {
    case 'l4proto':
      return meta('l4proto', register)
    case 'sport':
    case 'dport':
      return payload('transport', PORT[part], 2, register)
    case 'flowSaddr':
      return ct(family === 4 ? 'sourceIp' : 'sourceIp6', CT_DIRECTION.original, register)
    case 'flowDaddr':
      return ct(family === 4 ? 'destinationIp' : 'destinationIp6', CT_DIRECTION.original, register)
    case 'flowDport':
      return ct('protoDst', CT_DIRECTION.original, register)
    default:
      return addressTo(family, part, register)
  }
}

function within(first: number, last: number): Statement {
  return first === last ? [cmp('eq', u16(first))] : [cmp('gte', u16(first)), cmp('lte', u16(last))]
}

function addressTo(family: Family, key: 'saddr' | 'daddr', register: Register): Expression {
  return payload('network', ADDRESS[family][key], ADDRESS[family].octets, register)
}

function u16(value: number): readonly number[] {
  return [value >> 8, value & 255]
}

function u32Host(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer)
}
