// What others do to a table of ours, as the kernel's notification group tells it.
import { SystemError } from '../error.ts'
import { attributesIn, type Message, textOf } from '../netlink/reader.ts'
import { NETLINK, NetlinkSocket } from '../netlink/socket.ts'
import type { TableRef } from './message.ts'
import { FAMILY, NFNL_SUBSYS_NFTABLES, NFNLGRP_NFTABLES, NFT_MSG } from './vocabulary.ts'

/** `table-gone`: deleted or flushed away; `changed`: something in it was added or deleted; `lost`: notifications overflowed, read again. */
export type TableChange = 'table-gone' | 'changed' | 'lost'

export interface TableWatch {
  /** What happened since the last poll, each kind once. Never waits. */
  poll(): readonly TableChange[]
  close(): void
}

/** Attribute 1 is the table's name in every message about its content (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_SET_ELEM_LIST_TABLE). */
const TABLE_NAME = 1
const NFGENMSG_OCTETS = 4

/** Watches a table for changes that another socket than `ownPortId` makes. Elements that run out by themselves are no changes. */
export function watchTable(table: TableRef, ownPortId: number): TableWatch {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  socket.ignoreFrom(ownPortId)
  socket.join(NFNLGRP_NFTABLES)
  return { poll: () => [...changes(socket, table, ownPortId)], close: () => socket.close() }
}

function changes(socket: NetlinkSocket, table: TableRef, ownPortId: number): Set<TableChange> {
  const found = new Set<TableChange>()
  try {
    for (const message of socket.poll()) {
      if (message.portId !== ownPortId && concerns(message, table)) found.add(changeOf(message))
    }
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ENOBUFS') throw error
    found.add('lost')
  }
  return found
}

function concerns({ type, body }: Message, table: TableRef): boolean {
  if (type >> 8 !== NFNL_SUBSYS_NFTABLES || (type & 255) === NFT_MSG.NEWGEN || body[0] !== FAMILY[table.family]) return false
  return textOf(attributesIn(body, NFGENMSG_OCTETS).get(TABLE_NAME)) === table.name
}

function changeOf({ type }: Message): TableChange {
  return (type & 255) === NFT_MSG.DELTABLE ? 'table-gone' : 'changed'
}
