// Rows, lists and interned texts against the plainest account of them that one could keep.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlatTable, hashOf, NONE } from '../../src/updater/flat-table.ts'
import { Interned } from '../../src/updater/interned.ts'
import { RowLists } from '../../src/updater/row-list.ts'
import { createRandom } from '../support/random.ts'

const STEPS = 30_000

function createTable() {
  const table = new FlatTable({ key: new Int32Array(), weight: new Float64Array(), next: new Int32Array(), previous: new Int32Array() })
  /** Many keys have the same hash. */
  const hash = (key: number) => hashOf(key & 0xff)
  const find = (key: number) => {
    let row = table.first(hash(key))
    while (row !== NONE && table.columns.key[row] !== key) row = table.after(row)
    return row
  }
  const add = (key: number, weight: number) => {
    const row = table.add(hash(key))
    table.columns.key[row] = key
    table.columns.weight[row] = weight
    return row
  }
  return { table, find, add }
}

test('rows are found by what they hold as others come and go, and rows that are free are used again', () => {
  const random = createRandom(1)
  const { table, find, add } = createTable()
  const expected = new Map<number, number>()
  let most = 0
  for (let step = 0; step < STEPS; step++) {
    const key = random.below(1500)
    const row = find(key)
    assert.equal(row === NONE ? undefined : table.columns.weight[row], expected.get(key))
    if (row !== NONE) {
      table.remove(row)
      expected.delete(key)
    } else if (random.below(3) > 0) {
      add(key, step)
      expected.set(key, step)
    }
    most = Math.max(most, expected.size)
    assert.equal(table.size, expected.size)
  }
  const held = [...table.rows()].map((row): [number, number] => [table.columns.key[row]!, table.columns.weight[row]!])
  assert.deepEqual(new Map(held), expected)
  assert.ok(Math.max(...table.rows()) < most)
})

test('a scan meets all that is added while it goes on, once, and nothing that has been removed', () => {
  const random = createRandom(2)
  const { table, find, add } = createTable()
  for (let key = 0; key < 200; key++) add(key, key)
  table.remove(find(3))
  const met = new Set<number>()
  const removed = new Set([3])
  let next = 200
  let most = table.size
  for (const row of table.rowsAndAdded()) {
    const key = table.columns.key[row]!
    assert.ok(!met.has(key) && !removed.has(key), `${key}`)
    met.add(key)
    const victim = random.below(next)
    if (!removed.has(victim)) {
      table.remove(find(victim))
      removed.add(victim)
    }
    if (next < 500) {
      add(next, next)
      next++
    }
    most = Math.max(most, table.size)
  }
  for (let key = 0; key < next; key++) assert.ok(met.has(key) || removed.has(key), `${key}`)
  assert.ok(Math.max(...table.rows()) < most + 1, 'free rows are used again meanwhile')
})

test('a scan of rows meets all that were there, and comes to an end though others go on adding', () => {
  const { table, find, add } = createTable()
  for (let key = 0; key < 100; key++) add(key, key)
  const met = new Set<number>()
  for (const row of table.rows()) {
    met.add(table.columns.key[row]!)
    const next = 100 + met.size
    add(next, next)
    table.remove(find(next === 101 ? 0 : next - 1))
  }
  for (let key = 0; key < 100; key++) assert.ok(met.has(key), `${key}`)
})

test('a scan that is left early holds up nothing', () => {
  const { table, find, add } = createTable()
  for (let key = 0; key < 3; key++) add(key, key)
  for (const row of table.rowsAndAdded()) if (row >= 0) break
  table.remove(find(1))
  assert.equal(add(4, 4), 1)
})

test('each row has the list of what was appended to it, in that order', () => {
  const random = createRandom(3)
  const owners = new FlatTable({ first: new Int32Array(), last: new Int32Array() })
  const { table } = createTable()
  const lists = new RowLists(owners, table)
  const expected = Array.from({ length: 20 }, (): number[] => [])
  for (const owner of expected.keys()) {
    assert.equal(owners.add(hashOf(owner)), owner)
    lists.empty(owner)
  }
  for (let step = 0; step < STEPS; step++) {
    const owner = random.below(expected.length)
    const rows = expected[owner]!
    if (rows.length > 0 && random.below(2) === 0) {
      const [row] = rows.splice(random.below(rows.length), 1)
      lists.remove(owner, row!)
      table.remove(row!)
    } else {
      const row = table.add(hashOf(step))
      lists.append(owner, row)
      rows.push(row)
    }
    assert.equal(lists.isEmpty(owner), rows.length === 0)
    if (step % 100 === 0) for (const [each, list] of expected.entries()) assert.deepEqual([...lists.rows(each)], list)
  }
})

test('a text has one number for as long as anybody holds it', () => {
  const random = createRandom(4)
  const texts = new Interned<string>()
  const expected = new Map<string, number>()
  const numbers = new Map<string, number>()
  for (let step = 0; step < STEPS; step++) {
    const text = `n${random.below(200)}`
    const count = expected.get(text) ?? 0
    assert.equal(texts.numberOf(text), numbers.get(text) ?? NONE)
    assert.equal(texts.countOf(text), count)
    if (count > 0 && random.below(2) === 0) {
      texts.release(numbers.get(text)!)
      expected.set(text, count - 1)
      if (count === 1) numbers.delete(text)
    } else {
      const number = texts.hold(text)
      expected.set(text, count + 1)
      numbers.set(text, number)
      assert.equal(texts.textOf(number), text)
    }
    assert.equal(texts.size, numbers.size)
    assert.equal(new Set(numbers.values()).size, numbers.size)
  }
})
