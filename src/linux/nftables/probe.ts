// What this kernel can do, found out by doing it in a table of our own and reading back. Version numbers lie: distributions port changes back.
import { NetlinkError } from '../error.ts'
import { flowsBeyond } from './match.ts'
import { deleteTable, type Message, newChain, newRule, newSet, newTable, type TableRef } from './message.ts'
import type { Nftables } from './nftables.ts'
import type { Transaction } from './transaction.ts'
import { SET_FLAG, TABLE_FLAG } from './vocabulary.ts'

export interface Probes {
  /** Adding an element again with an expiration makes it live longer. Linux 6.12. */
  readonly extends: boolean
  /** A table can be owned and outlive its owner. Linux 6.9. */
  readonly owns: boolean
  /** Flows can be counted by a key; false where nobody needs that. Linux 4.19, where the module nft_connlimit is there. */
  readonly countsFlows: boolean
  /** Elements can be deleted without knowing whether they are there. Linux 6.3. */
  readonly destroys: boolean
}

const KEY = Uint8Array.of(192, 0, 2, 1)
const OTHER_KEY = Uint8Array.of(192, 0, 2, 2)
const SET = { name: 'probe', key: ['ipv4_addr'], flags: SET_FLAG.TIMEOUT, size: 8, comment: 'probe' } as const
const SHORT_MS = 60_000
const LONG_MS = 600_000

/**
 * Makes, reads and removes a table "sallyport_probe_<port id>" that no packet passes.
 * @param countingFlows is it needed? To try it begins and ends the tracking of connections where nobody else has them tracked: 10 ms
 */
export function probeKernel(nftables: Nftables, countingFlows: boolean): Probes {
  const table: TableRef = { family: 'inet', name: `sallyport_probe_${nftables.portId}` }
  const owns = attempt(nftables, (batch) => batch.add(makeTable(table, TABLE_FLAG.OWNER | TABLE_FLAG.PERSIST)))
  if (!owns) run(nftables, (batch) => batch.add(makeTable(table, 0)))
  try {
    return {
      owns,
      extends: extendsByAdding(nftables, table),
      countsFlows: countingFlows && countsFlows(nftables, table),
      destroys: destroys(nftables, table),
    }
  } finally {
    run(nftables, (batch) => batch.add(deleteTable(table)))
  }
}

function makeTable(table: TableRef, flags: number): Message {
  return newTable({ ...table, flags, comment: 'sallyport asks the kernel what it can do; gone in a moment' })
}

function extendsByAdding(nftables: Nftables, table: TableRef): boolean {
  run(nftables, (batch) => {
    batch.add(newSet(table, SET, 1))
    batch.addElement(table, SET.name, { key: KEY, timeoutMs: SHORT_MS })
  })
  attempt(nftables, (batch) => batch.addElement(table, SET.name, { key: KEY, timeoutMs: LONG_MS, expirationMs: LONG_MS }))
  return nftables.elements(table, SET.name).some(({ expiresMs }) => expiresMs !== undefined && expiresMs > SHORT_MS)
}

function destroys(nftables: Nftables, table: TableRef): boolean {
  return attempt(nftables, (batch) => batch.destroyElement(table, SET.name, OTHER_KEY))
}

function countsFlows(nftables: Nftables, table: TableRef): boolean {
  return attempt(nftables, (batch) => {
    batch.add(newSet(table, { ...SET, name: 'flows', key: ['ipv4_addr', 'inet_service'], flags: SET_FLAG.EVAL }, 2))
    batch.add(newChain(table, { name: 'probe', comment: 'probe' }))
    batch.add(newRule(table, { chain: 'probe', comment: 'probe', expressions: flowsBeyond(4, 'flows', { portMask: 0, mostOfEach: 1 }) }))
  })
}

function run(nftables: Nftables, write: (batch: Transaction) => void): void {
  const batch = nftables.begin()
  write(batch)
  nftables.commit(batch)
}

/** Is it accepted? */
function attempt(nftables: Nftables, write: (batch: Transaction) => void): boolean {
  try {
    run(nftables, write)
    return true
  } catch (error) {
    if (error instanceof NetlinkError) return false
    throw error
  }
}
