// The lease book by itself: no kernel, no policy.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { ANY_PORTS } from '../../src/net/port.ts'
import { LeaseBook } from '../../src/updater/book.ts'
import type { ElementSpec, ElementWrite, Opening, Target } from '../../src/updater/lease.ts'
import { encodeLeaseKey } from '../../src/updater/ruleset/key.ts'

const TARGET: Target = {
  ...{ id: 'set', table: { family: 'inet', name: 'table' }, set: 'set', timeouts: true, commentPrefix: '' },
  encodeKey: encodeLeaseKey,
}
const CLIENT = parseAddress('10.77.0.2')!
const START = 1_000_000

function specFor(address: string): ElementSpec {
  const destination = parseAddress(address)!
  return { target: TARGET, lease: { client: CLIENT, destination, ports: ANY_PORTS } }
}

function opening(name: string, address: string, until: number): Opening {
  return {
    clientId: 'sandbox',
    payer: 'sandbox',
    source: CLIENT,
    name: parseName(name),
    address: parseAddress(address)!,
    until,
    freshUntil: until,
    confirmedUntil: until,
    specs: [specFor(address)],
  }
}

function open(book: LeaseBook, ...openings: readonly Opening[]) {
  let written: readonly ElementWrite[] = []
  book.commit(openings, (writes) => {
    written = writes
  })
  return written.map(({ spec, until, comment, renew }) => [spec.lease.destination, until - START, comment, renew])
}

test('the fullest set is known as elements come and go', () => {
  const book = new LeaseBook(START)
  const other: Target = { ...TARGET, id: 'other' }
  const twice = opening('b.example', '192.0.2.2', START + 60_000)
  open(book, opening('a.example', '192.0.2.1', START + 1_000), twice)
  open(book, { ...opening('c.example', '192.0.2.3', START + 60_000), specs: [{ ...specFor('192.0.2.3'), target: other }] })
  assert.deepEqual([book.fullestSetSize, book.elementCount], [2, 3])
  book.expire(START + 3_000)
  assert.deepEqual([book.fullestSetSize, book.elementCount], [1, 2])
  book.rejudge(() => undefined)
  assert.deepEqual([book.fullestSetSize, book.elementCount], [0, 0])
})

test('a batch writes each element once, for the longest of its openings, with all their names', () => {
  const book = new LeaseBook(START)
  const batch = [
    opening('a.example', '192.0.2.1', START + 5),
    opening('b.example', '192.0.2.1', START + 9),
    opening('a.example', '192.0.2.2', START + 7),
  ]
  assert.deepEqual(open(book, ...batch), [
    ['192.0.2.1', 9, 'a.example b.example', false],
    ['192.0.2.2', 7, 'a.example', false],
  ])
})

test('what is not written changes nothing', () => {
  const book = new LeaseBook(START)
  open(book, opening('a.example', '192.0.2.1', START + 5))
  const before = [...book.elements(), ...book.grants()]
  const batch = [opening('b.example', '192.0.2.1', START + 9), opening('b.example', '192.0.2.2', START + 9)]
  assert.throws(() =>
    book.commit(batch, () => {
      throw new Error('refused')
    }),
  )
  assert.deepEqual([...book.elements(), ...book.grants()], before)
  assert.deepEqual([book.size, book.elementCount, book.fullestSetSize], [1, 1, 1])
})

test('what lasts long enough already is not written again; what lasts longer is, with its comment kept', () => {
  const book = new LeaseBook(START)
  open(book, opening('a.example', '192.0.2.1', START + 9))
  assert.deepEqual(open(book, opening('a.example', '192.0.2.1', START + 5)), [])
  assert.deepEqual(open(book, opening('a.example', '192.0.2.1', START + 20)), [['192.0.2.1', 20, 'a.example', false]])
})

test('a new holder renews the element without shortening it', () => {
  const book = new LeaseBook(START)
  open(book, opening('a.example', '192.0.2.1', START + 9))
  assert.deepEqual(open(book, opening('b.example', '192.0.2.1', START + 5)), [['192.0.2.1', 9, 'a.example b.example', true]])
})

test('where thousands of leases hold an address, each beyond a thousand is counted for its comment, whatever its name', () => {
  const book = new LeaseBook(START)
  const sources = Array.from({ length: 3000 }, (_, index) => parseAddress(`10.78.${index >> 8}.${index & 255}`)!)
  const openings = sources.map((source) => ({ ...opening('a.example', '192.0.2.1', START + 60_000), source }))
  open(book, ...openings.slice(0, 2999))
  assert.deepEqual(open(book, openings[2999]!), [['192.0.2.1', 60_000, 'a.example +1975', true]])
  assert.deepEqual(
    [...book.elements()].map(({ comment }) => comment),
    ['a.example +1976'],
  )
  book.rejudge((holder) => (openings.findIndex(({ source }) => source === holder.source) < 1000 ? [specFor('192.0.2.1')] : undefined))
  assert.deepEqual(
    [...book.elements()].map(({ comment }) => comment),
    ['a.example'],
  )
})

test('an element stays while one holder remains, for that holder’s time', () => {
  const book = new LeaseBook(START)
  open(book, opening('a.example', '192.0.2.1', START + 9000), opening('b.example', '192.0.2.1', START + 5000))
  const revoked = book.rejudge((grant) => (grant.name === 'a.example' ? undefined : book.specsOf(grant)))
  assert.deepEqual([revoked.revoked, revoked.remove.length], [1, 0])
  const [element] = book.elements()
  assert.deepEqual([element?.until, element?.comment], [START + 5000, 'b.example'])
  assert.equal(book.rejudge(() => undefined).remove.length, 1)
})

test('grants end at their time, extended ones at their new time, revoked ones not twice', () => {
  const book = new LeaseBook(START)
  open(
    book,
    opening('a.example', '192.0.2.1', START + 5000),
    opening('b.example', '192.0.2.2', START + 5000),
    opening('c.example', '192.0.2.3', START + 5000),
  )
  open(book, opening('a.example', '192.0.2.1', START + 60_000))
  book.rejudge((grant) => (grant.name === 'c.example' ? undefined : book.specsOf(grant)))
  assert.deepEqual(book.expire(START + 4000).grants, [])
  assert.deepEqual(
    book.expire(START + 7000).elements.map(({ lease }) => lease.destination),
    ['192.0.2.2'],
  )
  assert.deepEqual(
    book.expire(START + 62_000).elements.map(({ lease }) => lease.destination),
    ['192.0.2.1'],
  )
  assert.deepEqual([book.size, book.elementCount], [0, 0])
})

test('a holder in the book is not counted against the limits again', () => {
  const book = new LeaseBook(START)
  open(book, opening('a.example', '192.0.2.1', START + 5))
  const wishes = [opening('a.example', '192.0.2.1', START + 9), opening('b.example', '192.0.2.1', START + 9)]
  assert.deepEqual([...book.newByPayer(wishes)], [['sandbox', 1]])
  assert.equal(book.countOf('sandbox'), 1)
})

test('a comment that a mended kernel has been given is the one from which the next is made', () => {
  const book = new LeaseBook(START)
  open(book, opening('a.example', '192.0.2.1', START + 90_000), opening('b.example', '192.0.2.1', START + 1000))
  book.expire(START + 3000)
  assert.deepEqual(
    [...book.elements()].map(({ comment }) => comment),
    ['a.example'],
  )
  assert.deepEqual(open(book, opening('b.example', '192.0.2.1', START + 9000)), [['192.0.2.1', 90_000, 'a.example b.example', true]])
})

test('beyond so many addresses of a name the longest unused goes, with its element unless another name holds that', () => {
  const book = new LeaseBook(START, 2)
  open(book, opening('other.example', '192.0.2.2', START + 9))
  for (const host of [1, 2, 3, 4]) open(book, opening('a.example', `192.0.2.${host}`, START + 100 * host))
  open(book, opening('a.example', '192.0.2.1', START + 900))
  const { grants, elements } = book.displace([])
  assert.deepEqual(
    [grants.map(({ address }) => address), elements.map(({ lease }) => lease.destination)],
    [['192.0.2.2', '192.0.2.3'], ['192.0.2.3']],
  )
  assert.deepEqual([book.countOf('sandbox'), book.elementCount], [3, 3])
  assert.deepEqual(book.displace([]).grants, [])
})

test('what has just been opened stays, though it ends before what has been open longer', () => {
  const book = new LeaseBook(START, 2)
  for (const host of [1, 2]) open(book, opening('a.example', `192.0.2.${host}`, START + 9000 * host))
  const latest = opening('a.example', '192.0.2.3', START + 5)
  open(book, latest)
  assert.deepEqual(
    book.displace([latest]).grants.map(({ address }) => address),
    ['192.0.2.1'],
  )
})

test('what is granted while grants are gone through is gone through as well, though others have made room', () => {
  const book = new LeaseBook(START)
  for (const host of [1, 2, 3]) book.grant(opening('a.example', `192.0.2.${host}`, START + 1000 * host))
  const met: string[] = []
  const differing = book.differing(
    () => undefined,
    () => true,
  )
  for (const grant of differing) {
    met.push(grant!.address)
    if (met.length !== 2) continue
    book.expire(START + 2500)
    book.grant(opening('b.example', '192.0.2.9', START + 9000))
  }
  assert.deepEqual(met, ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.9'])
})
