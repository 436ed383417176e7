// The nftables messages that make and remove tables, sets, chains and rules. Each is a function that writes one message's attributes.

import { NLM } from '../netlink/socket.ts'
import type { Writer } from '../netlink/writer.ts'
import { encodeSetUserdata, writeComment } from './comment.ts'
import { type Expression, writeExpression } from './expression.ts'
import {
  BYTEORDER,
  FIELD,
  type Field,
  HOOK,
  keyOctetsOf,
  keyTypeOf,
  NFT_MSG,
  NFTA_CHAIN,
  NFTA_HOOK,
  NFTA_LIST_ELEM,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_DESC,
  NFTA_SET_ELEM_LIST,
  NFTA_SET_FIELD_LEN,
  NFTA_TABLE,
  SET_FLAG,
  UDATA,
} from './vocabulary.ts'

export type TableFamily = 'inet' | 'ip' | 'ip6'

export interface TableRef {
  readonly family: TableFamily
  readonly name: string
}

/** One message of a transaction: its type, its flags beside NLM_F_REQUEST, and what writes its attributes. */
export interface Message {
  readonly type: number
  readonly flags: number
  readonly family: TableFamily
  readonly write: (writer: Writer) => void
}

export interface NewTable extends TableRef {
  readonly flags: number
  readonly comment: string
}

export interface NewSet {
  readonly name: string
  readonly key: readonly Field[]
  /** SET_FLAG bits; CONCAT is added for an interval set with several fields. */
  readonly flags: number
  readonly size: number
  readonly timeoutMs?: number
  readonly comment: string
}

export interface NewChain {
  readonly name: string
  readonly comment: string
  /** A base chain's place; without it a chain is reached by jump and goto. */
  readonly base?: { readonly type: 'filter' | 'nat'; readonly hook: keyof typeof HOOK; readonly priority: number; readonly policy: number }
}

export interface NewRule {
  readonly chain: string
  readonly comment: string
  readonly expressions: readonly Expression[]
}

/** Makes a table, or adopts the one that an earlier owner has left. */
export function newTable(table: NewTable): Message {
  return message(NFT_MSG.NEWTABLE, NLM.CREATE, table, (writer) => {
    writer.text(NFTA_TABLE.NAME, table.name)
    writer.u32(NFTA_TABLE.FLAGS, table.flags)
    writeComment(writer, NFTA_TABLE.USERDATA, UDATA.TABLE_COMMENT, table.comment)
  })
}

export function deleteTable(table: TableRef): Message {
  return message(NFT_MSG.DELTABLE, 0, table, (writer) => writer.text(NFTA_TABLE.NAME, table.name))
}

/** Makes a set, or does nothing if the same set is there. */
export function newSet(table: TableRef, set: NewSet, id: number): Message {
  return message(NFT_MSG.NEWSET, NLM.CREATE, table, (writer) => {
    const ranged = set.key.length > 1 && (set.flags & SET_FLAG.INTERVAL) !== 0
    writer.text(NFTA_SET.TABLE, table.name)
    writer.text(NFTA_SET.NAME, set.name)
    writer.u32(NFTA_SET.FLAGS, ranged ? set.flags | SET_FLAG.CONCAT : set.flags)
    writer.u32(NFTA_SET.KEY_TYPE, keyTypeOf(set.key))
    writer.u32(NFTA_SET.KEY_LEN, keyOctetsOf(set.key))
    writer.u32(NFTA_SET.ID, id)
    if (set.timeoutMs !== undefined) writer.u64(NFTA_SET.TIMEOUT, set.timeoutMs)
    writer.octets(NFTA_SET.USERDATA, encodeSetUserdata(set.key[0] === 'iface_index' ? BYTEORDER.host : BYTEORDER.bigEndian, set.comment))
    writeSetDescription(writer, set, ranged)
  })
}

/** The size, and for ranges over several fields the length of each. */
function writeSetDescription(writer: Writer, set: NewSet, ranged: boolean): void {
  const description = writer.beginNest(NFTA_SET.DESC)
  writer.u32(NFTA_SET_DESC.SIZE, set.size)
  if (ranged) {
    const fields = writer.beginNest(NFTA_SET_DESC.CONCAT)
    for (const field of set.key) {
      const element = writer.beginNest(NFTA_LIST_ELEM)
      writer.u32(NFTA_SET_FIELD_LEN, FIELD[field].octets)
      writer.endNest(element)
    }
    writer.endNest(fields)
  }
  writer.endNest(description)
}

export function deleteSet(table: TableRef, set: string): Message {
  return message(NFT_MSG.DELSET, 0, table, (writer) => {
    writer.text(NFTA_SET.TABLE, table.name)
    writer.text(NFTA_SET.NAME, set)
  })
}

/** Removes all elements of a set. */
export function flushSet(table: TableRef, set: string): Message {
  return message(NFT_MSG.DELSETELEM, 0, table, (writer) => {
    writer.text(NFTA_SET_ELEM_LIST.TABLE, table.name)
    writer.text(NFTA_SET_ELEM_LIST.SET, set)
  })
}

/** Makes a chain, or does nothing if the same chain is there. */
export function newChain(table: TableRef, chain: NewChain): Message {
  return message(NFT_MSG.NEWCHAIN, NLM.CREATE, table, (writer) => {
    writer.text(NFTA_CHAIN.TABLE, table.name)
    writer.text(NFTA_CHAIN.NAME, chain.name)
    if (chain.base !== undefined) writeBase(writer, chain.base)
    writeComment(writer, NFTA_CHAIN.USERDATA, UDATA.CHAIN_COMMENT, chain.comment)
  })
}

function writeBase(writer: Writer, base: NonNullable<NewChain['base']>): void {
  writer.text(NFTA_CHAIN.TYPE, base.type)
  writer.u32(NFTA_CHAIN.POLICY, base.policy)
  const hook = writer.beginNest(NFTA_CHAIN.HOOK)
  writer.u32(NFTA_HOOK.HOOKNUM, HOOK[base.hook])
  writer.u32(NFTA_HOOK.PRIORITY, base.priority)
  writer.endNest(hook)
}

export function deleteChain(table: TableRef, chain: string): Message {
  return message(NFT_MSG.DELCHAIN, 0, table, (writer) => {
    writer.text(NFTA_CHAIN.TABLE, table.name)
    writer.text(NFTA_CHAIN.NAME, chain)
  })
}

/** Appends a rule to its chain. */
export function newRule(table: TableRef, rule: NewRule): Message {
  return message(NFT_MSG.NEWRULE, NLM.CREATE | NLM.APPEND, table, (writer) => {
    writer.text(NFTA_RULE.TABLE, table.name)
    writer.text(NFTA_RULE.CHAIN, rule.chain)
    const expressions = writer.beginNest(NFTA_RULE.EXPRESSIONS)
    for (const expression of rule.expressions) writeExpression(writer, NFTA_LIST_ELEM, expression)
    writer.endNest(expressions)
    writeComment(writer, NFTA_RULE.USERDATA, UDATA.RULE_COMMENT, rule.comment)
  })
}

/** Removes all rules of all chains of a table. */
export function flushRules(table: TableRef): Message {
  return message(NFT_MSG.DELRULE, 0, table, (writer) => writer.text(NFTA_RULE.TABLE, table.name))
}

function message(type: number, flags: number, table: TableRef, write: (writer: Writer) => void): Message {
  return { type, flags, family: table.family, write }
}
