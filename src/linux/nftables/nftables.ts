// The connection to nf_tables: transactions out, dumps in. One socket does everything, because a table with an owner takes changes from its owner's socket only.
import { constants } from 'node:os'
import { NetlinkError } from '../error.ts'
import { NETLINK, NetlinkSocket } from '../netlink/socket.ts'
import {
  dump,
  type ElementState,
  readChain,
  readElements,
  readSet,
  readTable,
  requestElements,
  type SetState,
  type TableState,
} from './dump.ts'
import { createLookUp, type LookUp } from './lookup.ts'
import type { TableFamily, TableRef } from './message.ts'
import { openSetReader, type SetReader } from './set-reader.ts'
import { Transaction } from './transaction.ts'
import { FAMILY, NFT_MSG, NFTA_CHAIN, NFTA_SET } from './vocabulary.ts'

export type { ElementState, SetState, TableFamily, TableRef, TableState }

export interface Nftables {
  /** Notifications of changes that we made carry it. */
  readonly portId: number
  /** Starts a transaction in the one buffer there is; what was not committed is forgotten. */
  begin(): Transaction
  /** Returns when the transaction is in force. Throws NetlinkError with the index of the first culprit; then nothing of it is in force, except with ENOBUFS: the reply was lost, read back. */
  commit(transaction: Transaction): void
  tables(): readonly TableState[]
  table(family: TableFamily, name: string): TableState | undefined
  /** The sets of a table; none if the table is missing. */
  sets(table: TableRef): readonly SetState[]
  /** The names of a table's chains; none if the table is missing. */
  chains(table: TableRef): readonly string[]
  /** The live elements of a set. Throws NetlinkError ENOENT if the set is missing. */
  elements(table: TableRef, set: string): readonly ElementState[]
  /** The same slice by slice (set-reader.ts). */
  elementsInSlices(table: TableRef, set: string): Generator<readonly ElementState[]>
  /** Those of these keys that are in the set at this moment. None if the set is missing. */
  readonly lookUp: LookUp
  close(): void
}

/** Opens the connection. Throws NetlinkError EPERM without CAP_NET_ADMIN, and what the kernel says where it has no nf_tables. */
export function openNftables(): Nftables {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  const transaction = new Transaction()
  const readers: SetReader[] = []
  let isClosed = false
  const acknowledgesEnd = probeAcknowledgement(socket, transaction)

  function begin(): Transaction {
    transaction.begin(socket.nextSequence)
    return transaction
  }

  const readSetElements = (table: TableRef, set: string) => dump(socket, requestElements(table, set), readElements)

  function* elementsInSlices(table: TableRef, set: string): Generator<readonly ElementState[]> {
    const reader = readers.pop() ?? openSetReader()
    let isRead = false
    try {
      yield* reader.slices(table, set)
      isRead = true
    } finally {
      // Whose dump was left off in the middle takes no other.
      if (isRead && !isClosed) readers.push(reader)
      else reader.close()
    }
  }

  const tables = () => dump(socket, { type: NFT_MSG.GETTABLE, family: 0, doing: 'list tables' }, readTable)
  return {
    portId: socket.portId,
    begin,
    commit: (batch) => send(socket, batch, acknowledgesEnd),
    tables,
    table: (family, name) => tables().find((table) => table.family === family && table.name === name),
    sets: (table) => {
      const request = { type: NFT_MSG.GETSET, family: FAMILY[table.family], doing: `list sets of ${table.name}` }
      return ifPresent(() => dump(socket, { ...request, names: [[NFTA_SET.TABLE, table.name]] }, readSet))
    },
    chains: (table) => {
      const request = { type: NFT_MSG.GETCHAIN, family: FAMILY[table.family], doing: `list chains of ${table.name}` }
      return dump(socket, { ...request, names: [[NFTA_CHAIN.TABLE, table.name]] }, (body) => readChain(body, table.name))
    },
    elements: (table, set) => whole(() => readSetElements(table, set)),
    elementsInSlices,
    lookUp: createLookUp(socket),
    close: () => {
      isClosed = true
      for (const each of [socket, ...readers]) each.close()
    },
  }
}

/** Since Linux 6.10 a batch's end can be acknowledged; before, the flag is ignored there. An empty batch tells. */
function probeAcknowledgement(socket: NetlinkSocket, transaction: Transaction): boolean {
  transaction.begin(socket.nextSequence)
  const { acknowledged, refusal } = socket.request(transaction.end(true), 2)
  if (refusal !== undefined) throw new NetlinkError('open nf_tables', refusal.errno)
  return acknowledged
}

function send(socket: NetlinkSocket, transaction: Transaction, acknowledgesEnd: boolean): void {
  if (transaction.count === 0) return
  const first = socket.nextSequence
  const { acknowledged, refusal } = socket.request(transaction.end(acknowledgesEnd), transaction.count + 2)
  // BATCH_BEGIN has the number `first`; a refusal of the whole batch carries it.
  if (refusal !== undefined) throw new NetlinkError('change nf_tables', refusal.errno, refusal.sequence - first - 1)
  if (!acknowledged) throw new NetlinkError('change nf_tables: no acknowledgement', constants.errno.ENOBUFS)
}

/** Of a set of 100,000 that has just grown the second reading was whole, ten times of ten. */
const MOST_READINGS = 4

/**
 * While the kernel enlarges a set's hash table (a worker of its own does so a moment after the set has grown: lib/rhashtable.c), a dump that takes
 * several messages tells some elements twice and others not at all, and no flag says so. So what tells one twice is read again.
 */
function whole(read: () => readonly ElementState[]): readonly ElementState[] {
  for (let readings = 1; ; readings++) {
    const elements = read()
    const distinct = new Map(elements.map((element) => [keyText(element), element]))
    if (distinct.size === elements.length) return elements
    if (readings === MOST_READINGS) return [...distinct.values()]
  }
}

function keyText({ key, keyEnd }: ElementState): string {
  const start = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
  return keyEnd === undefined ? start : `${start}${Buffer.from(keyEnd).toString('latin1')}`
}

/** What names a missing table or set is an empty list. */
export function ifPresent<T>(list: () => readonly T[]): readonly T[] {
  try {
    return list()
  } catch (error) {
    if (error instanceof NetlinkError && error.code === 'ENOENT') return []
    throw error
  }
}
