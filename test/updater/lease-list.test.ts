// Which leases are shown where not all can be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import type { Grant } from '../../src/updater/lease.ts'
import { type Leases, listLeases } from '../../src/updater/lease-list.ts'

const NOW = 1_000_000

function grant(index: number, client: string, until = NOW + 60_000): Grant {
  const source = parseAddress(`10.77.${client.length}.2`)!
  // Neither in order nor in its opposite.
  const name = parseName(`n${String((index * 7919) % 10_000).padStart(5, '0')}.example`)
  const address = parseAddress('192.0.2.1')!
  return { clientId: client, payer: client, source, name, address, until, freshUntil: 0, confirmedUntil: 0 }
}

function bookOf(grants: readonly Grant[]): Leases {
  return { grants: () => grants.values(), specsOf: () => [] }
}

const book = bookOf(Array.from({ length: 10_000 }, (_, index) => grant(index, index % 3 === 0 ? 'alpha' : 'beta')))

test('the first by client and name are listed, and all are counted', () => {
  const { count, leases } = listLeases(book, { most: 3 }, NOW)
  assert.equal(count, 10_000)
  assert.deepEqual(leases, listLeases(book, { most: Number.POSITIVE_INFINITY }, NOW).leases.slice(0, 3))
  assert.deepEqual(
    leases.map(({ client }) => client),
    ['alpha', 'alpha', 'alpha'],
  )
})

test('one client is asked for by name or address', () => {
  const beta = listLeases(book, { client: 'beta', most: 50 }, NOW)
  assert.deepEqual([beta.count, beta.leases.length, beta.leases[0]?.client], [6666, 50, 'beta'])
  assert.deepEqual(listLeases(book, { client: '10.77.4.2', most: 50 }, NOW), beta)
  assert.deepEqual(listLeases(book, { client: 'gamma', most: 50 }, NOW), { count: 0, leases: [] })
})

test('what has ended is not open, and none wanted is none listed', () => {
  assert.deepEqual(listLeases(bookOf([grant(1, 'alpha', NOW)]), { most: 50 }, NOW), { count: 0, leases: [] })
  assert.deepEqual(listLeases(book, { most: 0 }, NOW), { count: 10_000, leases: [] })
})
