import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { deleteTable, newSet, newTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { SET_FLAG } from '../../src/linux/nftables/vocabulary.ts'
import { watchTable } from '../../src/linux/nftables/watch.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
const TABLE = { family: 'inet', name: 'sallyport' } as const

function nft(command: string): void {
  execFileSync('nft', [command])
}

test('foreign changes to our table are told, our own and those of other tables are not', () => {
  const nftables = openNftables()
  const watch = watchTable(TABLE, nftables.portId)
  const makeTable = () => {
    const transaction = nftables.begin()
    transaction.add(newTable({ ...TABLE, flags: 0, comment: 'a test' }))
    transaction.add(newSet(TABLE, { name: 'some4', key: ['ipv4_addr'], flags: SET_FLAG.TIMEOUT, size: 16, comment: 'a test' }, 1))
    transaction.addElement(TABLE, 'some4', { key: Uint8Array.of(192, 0, 2, 1), timeoutMs: 60_000 })
    nftables.commit(transaction)
  }
  makeTable()
  assert.deepEqual(watch.poll(), [])
  nft('add table inet other')
  nft('add table ip sallyport')
  assert.deepEqual(watch.poll(), [])
  nft('delete element inet sallyport some4 { 192.0.2.1 }')
  assert.deepEqual(watch.poll(), ['changed'])
  nft('flush ruleset')
  assert.ok(watch.poll().includes('table-gone'))
  makeTable()
  const transaction = nftables.begin()
  transaction.add(deleteTable(TABLE))
  nftables.commit(transaction)
  assert.deepEqual(watch.poll(), [])
  watch.close()
  nftables.close()
})
