// What the kernel holds, read back: tables, sets, chains, elements.
import { type Attributes, attributeList, attributesIn, textOf, u32Of, u64Of } from '../netlink/reader.ts'
import { type NetlinkSocket, NLM } from '../netlink/socket.ts'
import { Writer } from '../netlink/writer.ts'
import { decodeComment } from './comment.ts'
import type { TableFamily, TableRef } from './message.ts'
import {
  FAMILY,
  NFNL_SUBSYS_NFTABLES,
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

export function readElements(body: Buffer): readonly ElementState[] {
  const list = attributesIn(body, NFGENMSG_OCTETS).get(NFTA_SET_ELEM_LIST.ELEMENTS)
  if (list === undefined) return []
  return Array.from(attributeList(list), ([, element]) => readElement(attributesIn(element)))
}

function readElement(attributes: Attributes): ElementState {
  const keyEnd = attributes.get(NFTA_SET_ELEM.KEY_END)
  return {
    key: readKey(attributes.get(NFTA_SET_ELEM.KEY)),
    keyEnd: keyEnd === undefined ? undefined : readKey(keyEnd),
    timeoutMs: u64Of(attributes.get(NFTA_SET_ELEM.TIMEOUT)),
    expiresMs: u64Of(attributes.get(NFTA_SET_ELEM.EXPIRATION)),
    comment: decodeComment(UDATA.ELEMENT_COMMENT, attributes.get(NFTA_SET_ELEM.USERDATA)),
    ...readCounter(attributes.get(NFTA_SET_ELEM.EXPR)),
  }
}

/** A copy, because the dump's buffer is used again. */
function readKey(nest: Buffer | undefined): Uint8Array {
  return Uint8Array.from(attributesIn(nest ?? Buffer.alloc(0)).get(NFTA_DATA.VALUE) ?? [])
}

function readCounter(expression: Buffer | undefined): { readonly packets: number; readonly octets: number } {
  const parts = attributesIn(expression ?? Buffer.alloc(0))
  if (textOf(parts.get(NFTA_EXPR.NAME)) !== 'counter') return { packets: 0, octets: 0 }
  const values = attributesIn(parts.get(NFTA_EXPR.DATA) ?? Buffer.alloc(0))
  return { packets: u64Of(values.get(NFTA_COUNTER.PACKETS)) ?? 0, octets: u64Of(values.get(NFTA_COUNTER.BYTES)) ?? 0 }
}
