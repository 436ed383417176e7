// What the kernel holds, read back: tables, sets, chains, elements.
import { attributeEnd, attributesIn, findAttribute, textOf, u16Host, u32Of, u64At, u64Of } from '../netlink/reader.ts'
import { type NetlinkSocket, NLM } from '../netlink/socket.ts'
import { Writer } from '../netlink/writer.ts'
import { decodeComment } from './comment.ts'
import type { TableFamily, TableRef } from './message.ts'
import {
  FAMILY,
  NFNL_SUBSYS_NFTABLES,
  NFT_MSG,
  NFTA_CHAIN,
  NFTA_COUNTER,
  NFTA_DATA,
  NFTA_EXPR,
  NFTA_SET,
  NFTA_SET_DESC,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
  TABLE_FLAG,
  UDATA,
} from './vocabulary.ts'

export interface TableState extends TableRef {
  readonly owner: boolean
  readonly persist: boolean
  /** The port id of the socket that owns it; undefined while nobody does. */
  readonly ownerPortId: number | undefined
  readonly comment: string | undefined
}

export interface SetState {
  readonly name: string
  /** SET_FLAG bits. */
  readonly flags: number
  readonly keyType: number
  readonly keyOctets: number
  readonly timeoutMs: number | undefined
  readonly size: number | undefined
  readonly comment: string | undefined
}

export interface ElementState {
  readonly key: Uint8Array
  readonly keyEnd: Uint8Array | undefined
  readonly timeoutMs: number | undefined
  /** What is left of the timeout. */
  readonly expiresMs: number | undefined
  readonly comment: string | undefined
  readonly packets: number
  readonly octets: number
}

export interface DumpRequest {
  readonly type: number
  readonly family: number
  readonly doing: string
  readonly names?: readonly (readonly [type: number, name: string])[]
}

const NFGENMSG_OCTETS = 4
const ATTRIBUTE_HEADER_OCTETS = 4
const ATTEMPTS = 8
const FAMILIES: ReadonlyMap<number, TableFamily> = new Map(Object.entries(FAMILY).map(([name, number]) => [number, name as TableFamily]))

/** One consistent dump: asked again while the kernel's list changes underneath. The last attempt counts as it is. */
export function dump<T>(socket: NetlinkSocket, request: DumpRequest, read: (body: Buffer) => readonly T[]): readonly T[] {
  let found: T[] = []
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    found = []
    const consistent = socket.dump(encodeRequest(request, socket.nextSequence), request.doing, ({ body }) => found.push(...read(body)))
    if (consistent) break
  }
  return found
}

/** One dump in slices, each of what one datagram holds: while the kernel's list changes underneath, some is told twice or not at all. The socket serves nothing else meanwhile. */
export function* dumpInSlices<T>(
  socket: NetlinkSocket,
  request: DumpRequest,
  read: (body: Buffer) => readonly T[],
): Generator<readonly T[]> {
  socket.startDump(encodeRequest(request, socket.nextSequence))
  for (let isMore = true; isMore; ) {
    const found: T[] = []
    isMore = socket.readDump(request.doing, ({ body }) => found.push(...read(body)))
    yield found
  }
}

export function requestElements(table: TableRef, set: string): DumpRequest {
  const request = { type: NFT_MSG.GETSETELEM, family: FAMILY[table.family], doing: `list elements of ${table.name} ${set}` }
  return { ...request, names: [[NFTA_SET_ELEM_LIST.TABLE, table.name] as const, [NFTA_SET_ELEM_LIST.SET, set] as const] }
}

function encodeRequest(request: DumpRequest, sequence: number): Uint8Array {
  const writer = new Writer(1024)
  writer.beginMessage((NFNL_SUBSYS_NFTABLES << 8) | request.type, NLM.REQUEST | NLM.DUMP, sequence)
  writer.netfilterHeader(request.family, 0)
  for (const [type, name] of request.names ?? []) writer.text(type, name)
  writer.endMessage()
  return writer.written()
}

export function readTable(body: Buffer): readonly TableState[] {
  const family = FAMILIES.get(body[0]!)
  if (family === undefined) return []
  const attributes = attributesIn(body, NFGENMSG_OCTETS)
  const flags = u32Of(attributes.get(NFTA_TABLE.FLAGS)) ?? 0
  const table = {
    family,
    name: textOf(attributes.get(NFTA_TABLE.NAME)) ?? '',
    owner: (flags & TABLE_FLAG.OWNER) !== 0,
    persist: (flags & TABLE_FLAG.PERSIST) !== 0,
    ownerPortId: u32Of(attributes.get(NFTA_TABLE.OWNER)),
    comment: decodeComment(UDATA.TABLE_COMMENT, attributes.get(NFTA_TABLE.USERDATA)),
  }
  return [table]
}

export function readSet(body: Buffer): readonly SetState[] {
  const attributes = attributesIn(body, NFGENMSG_OCTETS)
  const description = attributesIn(attributes.get(NFTA_SET.DESC) ?? Buffer.alloc(0))
  const set = {
    name: textOf(attributes.get(NFTA_SET.NAME)) ?? '',
    flags: u32Of(attributes.get(NFTA_SET.FLAGS)) ?? 0,
    keyType: u32Of(attributes.get(NFTA_SET.KEY_TYPE)) ?? 0,
    keyOctets: u32Of(attributes.get(NFTA_SET.KEY_LEN)) ?? 0,
    timeoutMs: u64Of(attributes.get(NFTA_SET.TIMEOUT)),
    size: u32Of(description.get(NFTA_SET_DESC.SIZE)),
    comment: decodeComment(UDATA.SET_COMMENT, attributes.get(NFTA_SET.USERDATA)),
  }
  return [set]
}

/** A chain's name, if it is one of that table's: the kernel lists the chains of all. */
export function readChain(body: Buffer, table: string): readonly string[] {
  const attributes = attributesIn(body, NFGENMSG_OCTETS)
  return textOf(attributes.get(NFTA_CHAIN.TABLE)) === table ? [textOf(attributes.get(NFTA_CHAIN.NAME)) ?? ''] : []
}

/** There may be hundreds of thousands: they are read in place, without a map of attributes for each. */
export function readElements(body: Buffer): readonly ElementState[] {
  const elements: ElementState[] = []
  const list = findAttribute(body, NFGENMSG_OCTETS, body.length, NFTA_SET_ELEM_LIST.ELEMENTS)
  const end = list < 0 ? 0 : attributeEnd(body, list)
  for (let at = list; at >= 0 && at + ATTRIBUTE_HEADER_OCTETS <= end; at += (u16Host(body, at) + 3) & ~3) {
    if (u16Host(body, at) < ATTRIBUTE_HEADER_OCTETS) break
    elements.push(readElement(body, at + ATTRIBUTE_HEADER_OCTETS, Math.min(end, at + u16Host(body, at))))
  }
  return elements
}

function readElement(octets: Buffer, from: number, to: number): ElementState {
  const keyEnd = findAttribute(octets, from, to, NFTA_SET_ELEM.KEY_END)
  const timeout = findAttribute(octets, from, to, NFTA_SET_ELEM.TIMEOUT)
  const expiration = findAttribute(octets, from, to, NFTA_SET_ELEM.EXPIRATION)
  const userdata = findAttribute(octets, from, to, NFTA_SET_ELEM.USERDATA)
  const counter = findCounter(octets, findAttribute(octets, from, to, NFTA_SET_ELEM.EXPR))
  return {
    key: readKey(octets, findAttribute(octets, from, to, NFTA_SET_ELEM.KEY)),
    keyEnd: keyEnd < 0 ? undefined : readKey(octets, keyEnd),
    timeoutMs: timeout < 0 ? undefined : u64At(octets, timeout),
    expiresMs: expiration < 0 ? undefined : u64At(octets, expiration),
    comment: userdata < 0 ? undefined : decodeComment(UDATA.ELEMENT_COMMENT, octets.subarray(userdata, attributeEnd(octets, userdata))),
    packets: readCount(octets, counter, NFTA_COUNTER.PACKETS),
    octets: readCount(octets, counter, NFTA_COUNTER.BYTES),
  }
}

/** A copy, because the dump's buffer is used again. */
function readKey(octets: Buffer, nest: number): Uint8Array {
  const value = nest < 0 ? -1 : findAttribute(octets, nest, attributeEnd(octets, nest), NFTA_DATA.VALUE)
  return value < 0 ? new Uint8Array() : Uint8Array.from(octets.subarray(value, attributeEnd(octets, value)))
}

/** Where a counter's figures begin, if the expression is one; -1 if not. */
function findCounter(octets: Buffer, expression: number): number {
  if (expression < 0) return -1
  const end = attributeEnd(octets, expression)
  const name = findAttribute(octets, expression, end, NFTA_EXPR.NAME)
  if (name < 0 || textOf(octets.subarray(name, attributeEnd(octets, name))) !== 'counter') return -1
  return findAttribute(octets, expression, end, NFTA_EXPR.DATA)
}

function readCount(octets: Buffer, counter: number, type: number): number {
  const value = counter < 0 ? -1 : findAttribute(octets, counter, attributeEnd(octets, counter), type)
  return value < 0 ? 0 : u64At(octets, value)
}
