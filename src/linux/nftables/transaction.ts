// A transaction: messages between BATCH_BEGIN and BATCH_END, of which all take effect or none. The hot path of the updater writes here.
import { NLM } from '../netlink/socket.ts'
import { Writer } from '../netlink/writer.ts'
import { beginElements, type NewElement, writeElement } from './element.ts'
import type { Message, TableRef } from './message.ts'
import { FAMILY, NFNL_MSG, NFNL_SUBSYS_NFTABLES, NFT_MSG } from './vocabulary.ts'

export type { NewElement }

/** A nest's length is in 16 bits, its own header and the element that comes last included. */
const LIST_OCTETS = 60 * 1024

/** The message that elements are being written to. */
interface OpenList {
  readonly type: number
  readonly table: TableRef
  readonly set: string
  /** Where its nest begins. */
  readonly nest: number
}

export class Transaction {
  /** Messages so far; the index of the next one. Elements of one set that follow one another share a message. */
  count = 0
  readonly #writer = new Writer()
  #first = 0
  #list: OpenList | undefined

  /** Forgets everything and begins anew; message n carries the sequence number `first` + 1 + n. */
  begin(first: number): void {
    this.#first = first
    this.count = 0
    this.#list = undefined
    this.#writer.clear()
    this.#writer.beginMessage(NFNL_MSG.BATCH_BEGIN, NLM.REQUEST, first)
    this.#writer.netfilterHeader(0, NFNL_SUBSYS_NFTABLES)
    this.#writer.endMessage()
  }

  /** The whole batch. `onEnd`: BATCH_END asks for the acknowledgement, else the last message does. */
  end(onEnd: boolean): Uint8Array {
    this.#endList()
    if (!onEnd) this.#writer.addFlags(NLM.ACK)
    this.#writer.beginMessage(NFNL_MSG.BATCH_END, NLM.REQUEST | (onEnd ? NLM.ACK : 0), this.#first + this.count + 1)
    this.#writer.netfilterHeader(0, NFNL_SUBSYS_NFTABLES)
    this.#writer.endMessage()
    return this.#writer.written()
  }

  add(message: Message): void {
    this.#endList()
    this.#begin(message.type, message.flags, FAMILY[message.family])
    message.write(this.#writer)
    this.#writer.endMessage()
  }

  addAll(messages: readonly Message[]): void {
    for (const message of messages) this.add(message)
  }

  /** Adds an element; what happens to one that exists depends on the kernel (see extend.ts). */
  addElement(table: TableRef, set: string, element: NewElement): void {
    this.#element(NFT_MSG.NEWSETELEM, NLM.CREATE, table, set, element)
  }

  /** Deletes an element; if it is missing, ENOENT voids the transaction. */
  deleteElement(table: TableRef, set: string, key: Uint8Array, keyEnd?: Uint8Array): void {
    this.#element(NFT_MSG.DELSETELEM, 0, table, set, { key, keyEnd })
  }

  /** Deletes an element if it is there. Linux 6.3 or later (`Probes.destroys`). */
  destroyElement(table: TableRef, set: string, key: Uint8Array): void {
    this.#element(NFT_MSG.DESTROYSETELEM, 0, table, set, { key })
  }

  #begin(type: number, flags: number, family: number): void {
    this.count += 1
    this.#writer.beginMessage((NFNL_SUBSYS_NFTABLES << 8) | type, NLM.REQUEST | flags, this.#first + this.count)
    this.#writer.netfilterHeader(family, 0)
  }

  /** Goes on with the message of the element before where it can: that spares the kernel a fifth of the work (bench: commit). */
  #element(type: number, flags: number, table: TableRef, set: string, element: NewElement): void {
    if (!this.#continues(type, table, set)) this.#beginList(type, flags, table, set)
    writeElement(this.#writer, element)
  }

  #continues(type: number, table: TableRef, set: string): boolean {
    const list = this.#list
    if (list === undefined || list.type !== type || list.set !== set) return false
    const isSameTable = list.table === table || (list.table.name === table.name && list.table.family === table.family)
    return isSameTable && this.#writer.length - list.nest < LIST_OCTETS
  }

  #beginList(type: number, flags: number, table: TableRef, set: string): void {
    this.#endList()
    this.#begin(type, flags, FAMILY[table.family])
    this.#list = { type, table, set, nest: beginElements(this.#writer, table, set) }
  }

  #endList(): void {
    if (this.#list === undefined) return
    this.#writer.endNest(this.#list.nest)
    this.#writer.endMessage()
    this.#list = undefined
  }
}
