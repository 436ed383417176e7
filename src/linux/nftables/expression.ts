// Expressions: the instructions of nf_tables' machine, each a name and its attributes (NFTA_<NAME>_* of include/uapi/linux/netfilter/nf_tables.h).
// Values pass from one to the next in registers. Statements in nft's own terms are put together in match.ts.
import type { Writer } from '../netlink/writer.ts'
import { NFTA_COUNTER, NFTA_DATA, NFTA_EXPR, NFTA_VERDICT, VERDICT } from './vocabulary.ts'

export interface Expression {
  readonly name: string
  readonly write: (writer: Writer) => void
}

/** Registers of four octets. NFT_REG_1 spans the first four of them; its number is that of the 16-octet register, as nft writes it. */
export type Register = number
export const NFT_REG_1: Register = 1
const NFT_REG_VERDICT = 0
const NFT_REG32_00 = 8

/** The register that holds what follows `octets` octets of a key that starts in NFT_REG_1. */
export function registerAt(octets: number): Register {
  return octets === 0 ? NFT_REG_1 : NFT_REG32_00 + octets / 4
}

export function writeExpression(writer: Writer, type: number, expression: Expression): void {
  const outer = writer.beginNest(type)
  writer.text(NFTA_EXPR.NAME, expression.name)
  const inner = writer.beginNest(NFTA_EXPR.DATA)
  expression.write(writer)
  writer.endNest(inner)
  writer.endNest(outer)
}

function writeData(writer: Writer, type: number, value: ArrayLike<number>): void {
  const nest = writer.beginNest(type)
  writer.octets(NFTA_DATA.VALUE, value)
  writer.endNest(nest)
}

/** enum nft_meta_keys */
export const META = { mark: 3, iif: 4, oif: 5, iifname: 6, oifname: 7, iiftype: 8, skuid: 10, nfproto: 15, l4proto: 16 } as const

/** Loads a property of the packet. NFTA_META_DREG 1, NFTA_META_KEY 2. */
export function meta(key: keyof typeof META, register = NFT_REG_1): Expression {
  return expression('meta', (writer) => {
    writer.u32(1, register)
    writer.u32(2, META[key])
  })
}

/** Sets a property of the packet from a register. NFTA_META_KEY 2, NFTA_META_SREG 3. */
export function metaSet(key: 'mark', register = NFT_REG_1): Expression {
  return expression('meta', (writer) => {
    writer.u32(2, META[key])
    writer.u32(3, register)
  })
}

/** enum nft_cmp_ops */
export const CMP = { eq: 0, neq: 1, lt: 2, lte: 3, gt: 4, gte: 5 } as const

/** Ends the rule unless the comparison holds. NFTA_CMP_SREG 1, NFTA_CMP_OP 2, NFTA_CMP_DATA 3. */
export function cmp(op: keyof typeof CMP, value: ArrayLike<number>, register = NFT_REG_1): Expression {
  return expression('cmp', (writer) => {
    writer.u32(1, register)
    writer.u32(2, CMP[op])
    writeData(writer, 3, value)
  })
}

/** register = (register & mask) ^ flip. NFTA_BITWISE_SREG 1, DREG 2, LEN 3, MASK 4, XOR 5. */
export function bitwise(mask: ArrayLike<number>, flip: ArrayLike<number>, register = NFT_REG_1): Expression {
  return expression('bitwise', (writer) => {
    writer.u32(1, register)
    writer.u32(2, register)
    writer.u32(3, mask.length)
    writeData(writer, 4, mask)
    writeData(writer, 5, flip)
  })
}

/** enum nft_payload_bases */
export const BASE = { link: 0, network: 1, transport: 2 } as const

/** Loads octets of the packet. NFTA_PAYLOAD_DREG 1, BASE 2, OFFSET 3, LEN 4. */
export function payload(base: keyof typeof BASE, offset: number, octets: number, register = NFT_REG_1): Expression {
  return expression('payload', (writer) => {
    writer.u32(1, register)
    writer.u32(2, BASE[base])
    writer.u32(3, offset)
    writer.u32(4, octets)
  })
}

/** Ends the rule unless the set holds the key. NFTA_LOOKUP_SET 1, SREG 2, FLAGS 5 (NFT_LOOKUP_F_INV 1). */
export function lookup(set: string, inverted = false, register = NFT_REG_1): Expression {
  return expression('lookup', (writer) => {
    writer.text(1, set)
    writer.u32(2, register)
    if (inverted) writer.u32(5, 1)
  })
}

/** Adds the key to the set, or begins its timeout anew; a full set ends the rule. NFTA_DYNSET_SET_NAME 1, OP 3 (NFT_DYNSET_OP_UPDATE 1), SREG_KEY 4, TIMEOUT 6, EXPR 7. */
export function dynsetUpdate(set: string, timeoutMs: number, statement?: Expression, register = NFT_REG_1): Expression {
  return expression('dynset', (writer) => {
    writer.text(1, set)
    writer.u32(3, 1)
    writer.u32(4, register)
    writer.u64(6, timeoutMs)
    if (statement !== undefined) writeExpression(writer, 7, statement)
  })
}

/** Counts the flow for the key, once, and ends the rule unless that makes more than so many. NFT_DYNSET_OP_ADD 0; NFTA_CONNLIMIT_COUNT 1, FLAGS 2 (NFT_CONNLIMIT_F_INV 1). */
export function dynsetCountFlows(set: string, most: number, register = NFT_REG_1): Expression {
  const over = expression('connlimit', (writer) => {
    writer.u32(1, most)
    writer.u32(2, 1)
  })
  return expression('dynset', (writer) => {
    writer.text(1, set)
    writer.u32(3, 0)
    writer.u32(4, register)
    writeExpression(writer, 7, over)
  })
}

/** For `dynsetUpdate`: ends the rule unless more than so many packets a second have come, after a burst of as many. NFTA_LIMIT_RATE 1, UNIT 2, BURST 3, TYPE 4, FLAGS 5 (NFT_LIMIT_F_INV 1). */
export function rateBeyond(perSecond: number): Expression {
  return expression('limit', (writer) => {
    writer.u64(1, perSecond)
    writer.u64(2, 1)
    writer.u32(3, perSecond)
    writer.u32(4, 0)
    writer.u32(5, 1)
  })
}

/** 1 if the route back to the packet's source leaves by the interface it came in by. NFTA_FIB_DREG 1, RESULT 2 (NFT_FIB_RESULT_OIF 1), FLAGS 3 (SADDR 1, IIF 8, PRESENT 32). */
export function fibSourceBelongs(register = NFT_REG_1): Expression {
  return expression('fib', (writer) => {
    writer.u32(1, register)
    writer.u32(2, 1)
    writer.u32(3, 1 | 8 | 32)
  })
}

/** enum nft_ct_keys */
export const CT = {
  state: 0,
  direction: 1,
  status: 2,
  mark: 3,
  protoDst: 12,
  sourceIp: 19,
  destinationIp: 20,
  sourceIp6: 21,
  destinationIp6: 22,
} as const

/** Loads a property of the packet's flow. NFTA_CT_DREG 1, NFTA_CT_KEY 2, NFTA_CT_DIRECTION 3 (IP_CT_DIR_ORIGINAL 0). */
export function ct(key: keyof typeof CT, direction?: 0 | 1, register = NFT_REG_1): Expression {
  return expression('ct', (writer) => {
    writer.u32(1, register)
    writer.u32(2, CT[key])
    if (direction !== undefined) writer.u8(3, direction)
  })
}

/** Sets a property of the packet's flow from a register. NFTA_CT_KEY 2, NFTA_CT_SREG 4. */
export function ctSet(key: 'mark', register = NFT_REG_1): Expression {
  return expression('ct', (writer) => {
    writer.u32(2, CT[key])
    writer.u32(4, register)
  })
}

/** 1 if the packet has that IPv6 extension header, else 0. NFTA_EXTHDR_DREG 1, TYPE 2, OFFSET 3, LEN 4, FLAGS 5 (NFT_EXTHDR_F_PRESENT 1). */
export function extensionHeader(type: number, register = NFT_REG_1): Expression {
  return expression('exthdr', (writer) => {
    writer.u32(1, register)
    writer.u8(2, type)
    writer.u32(3, 0)
    writer.u32(4, 1)
    writer.u32(5, 1)
  })
}

/** Puts a constant into a register. NFTA_IMMEDIATE_DREG 1, NFTA_IMMEDIATE_DATA 2. */
export function immediate(value: ArrayLike<number>, register = NFT_REG_1): Expression {
  return expression('immediate', (writer) => {
    writer.u32(1, register)
    writeData(writer, 2, value)
  })
}

/** Ends the rule with a verdict; jump and goto name a chain. */
export function verdict(code: keyof typeof VERDICT, chain?: string): Expression {
  return expression('immediate', (writer) => {
    writer.u32(1, NFT_REG_VERDICT)
    const data = writer.beginNest(2)
    const nest = writer.beginNest(NFTA_DATA.VERDICT)
    writer.u32(NFTA_VERDICT.CODE, VERDICT[code])
    if (chain !== undefined) writer.text(NFTA_VERDICT.CHAIN, chain)
    writer.endNest(nest)
    writer.endNest(data)
  })
}

/** Refuses with a TCP reset, or with ICMP "administratively prohibited". NFTA_REJECT_TYPE 1 (NFT_REJECT_TCP_RST 1, ICMPX_UNREACH 2), ICMP_CODE 2 (NFT_REJECT_ICMPX_ADMIN_PROHIBITED 3). */
export function reject(how: 'tcp reset' | 'icmpx admin-prohibited'): Expression {
  return expression('reject', (writer) => {
    writer.u32(1, how === 'tcp reset' ? 1 : 2)
    writer.u8(2, how === 'tcp reset' ? 0 : 3)
  })
}

/** Sends the flow to this machine, to the port in the register. NFTA_REDIR_REG_PROTO_MIN 1, FLAGS 3 (NF_NAT_RANGE_PROTO_SPECIFIED 2). */
export function redirect(register = NFT_REG_1): Expression {
  return expression('redir', (writer) => {
    writer.u32(1, register)
    writer.u32(3, 2)
  })
}

/** Gives the flow the source address in the register, and a port between those in the two that follow. NFTA_NAT_TYPE 1 (NFT_NAT_SNAT 0), FAMILY 2, REG_ADDR_MIN 3, REG_PROTO_MIN 5, REG_PROTO_MAX 6. */
export function sourceNat(family: number, withPorts: boolean, register = NFT_REG_1): Expression {
  return expression('nat', (writer) => {
    writer.u32(1, 0)
    writer.u32(2, family)
    writer.u32(3, register)
    if (!withPorts) return
    writer.u32(5, register + 1)
    writer.u32(6, register + 2)
  })
}

/** The packet belongs to no flow, and begins none. Only before connection tracking. */
export function notrack(): Expression {
  return expression('notrack', () => {})
}

/** Counts packets and octets. */
export function counter(): Expression {
  return expression('counter', (writer) => {
    writer.u64(NFTA_COUNTER.BYTES, 0)
    writer.u64(NFTA_COUNTER.PACKETS, 0)
  })
}

function expression(name: string, write: (writer: Writer) => void): Expression {
  return { name, write }
}
