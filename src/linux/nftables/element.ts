// Set elements: the message that the hot path writes.
import { NLM } from '../netlink/socket.ts'
import type { Writer } from '../netlink/writer.ts'
import { writeComment } from './comment.ts'
import type { Message, TableRef } from './message.ts'
import { NFT_MSG, NFTA_DATA, NFTA_LIST_ELEM, NFTA_SET_ELEM, NFTA_SET_ELEM_LIST, UDATA } from './vocabulary.ts'

/** A set element to be. A key is its fields in network order, each padded to four octets. */
export interface NewElement {
  readonly key: Uint8Array
  /** The last key of an interval, field by field. */
  readonly keyEnd?: Uint8Array | undefined
  readonly timeoutMs?: number | undefined
  readonly expirationMs?: number | undefined
  readonly comment?: string | undefined
}

/** An element as a message among others. The hot path calls `Transaction.addElement` instead. */
export function newElement(table: TableRef, set: string, element: NewElement): Message {
  return elementMessage(NFT_MSG.NEWSETELEM, NLM.CREATE, table, set, element)
}

/** The same for one that goes; if it is missing, ENOENT voids the transaction. */
export function deleteElement(table: TableRef, set: string, key: Uint8Array): Message {
  return elementMessage(NFT_MSG.DELSETELEM, 0, table, set, { key })
}

function elementMessage(type: number, flags: number, table: TableRef, set: string, element: NewElement): Message {
  const write = (writer: Writer) => {
    const list = beginElements(writer, table, set)
    writeElement(writer, element)
    writer.endNest(list)
  }
  return { type, flags, family: table.family, write }
}

/** The attributes of a message about elements, up to the nest that holds them, which it returns. */
export function beginElements(writer: Writer, table: TableRef, set: string): number {
  writer.text(NFTA_SET_ELEM_LIST.TABLE, table.name)
  writer.text(NFTA_SET_ELEM_LIST.SET, set)
  return writer.beginNest(NFTA_SET_ELEM_LIST.ELEMENTS)
}

export function writeElement(writer: Writer, element: NewElement): void {
  const nest = writer.beginNest(NFTA_LIST_ELEM)
  writeKey(writer, NFTA_SET_ELEM.KEY, element.key)
  if (element.keyEnd !== undefined) writeKey(writer, NFTA_SET_ELEM.KEY_END, element.keyEnd)
  if (element.timeoutMs !== undefined) writer.u64(NFTA_SET_ELEM.TIMEOUT, element.timeoutMs)
  if (element.expirationMs !== undefined) writer.u64(NFTA_SET_ELEM.EXPIRATION, element.expirationMs)
  if (element.comment !== undefined) writeComment(writer, NFTA_SET_ELEM.USERDATA, UDATA.ELEMENT_COMMENT, element.comment)
  writer.endNest(nest)
}

function writeKey(writer: Writer, type: number, octets: Uint8Array): void {
  const nest = writer.beginNest(type)
  writer.octets(NFTA_DATA.VALUE, octets)
  writer.endNest(nest)
}
