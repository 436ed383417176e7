import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOf, NameTable, NO_NAME } from '../../src/policy/name-table.ts'
import { createRandom } from '../support/random.ts'

const random = createRandom(20_261_125)

function randomName(): string {
  const label = () => random.pick(['a', 'b', 'ab', 'ba', `n${random.below(400)}`])
  return Array.from({ length: 1 + random.below(4) }, label).join('.')
}

test('names are found by the numbers that they were given, whatever else is there', () => {
  const table = new NameTable({ names: 0, octets: 0 })
  const expected = new Map<string, number>()
  for (let round = 0; round < 20_000; round++) {
    const name = randomName()
    // Between other octets, so that a reader of more or fewer than it was told would be noticed.
    const number = table.add(Buffer.from(`.${name}.`), 1, 1 + name.length)
    assert.equal(number, expected.get(name) ?? expected.size, name)
    expected.set(name, number)
  }
  assert.equal(table.size, expected.size)
  for (const [name, number] of expected) assert.deepEqual([table.find(name), table.list.at(number)], [number, name])
  for (let round = 0; round < 20_000; round++) {
    const name = randomName()
    assert.equal(table.find(name), expected.get(name) ?? NO_NAME, name)
  }
})

test('the name one label up is added once, and there is none above a single label', () => {
  const table = new NameTable({ names: 0, octets: 0 })
  const add = (name: string) => table.add(Buffer.from(name), 0, name.length)
  const above = table.addParent(add('a.b.example'))
  assert.equal(table.list.at(above), 'b.example')
  assert.equal(table.addParent(add('c.b.example')), above)
  assert.equal(table.addParent(table.addParent(above)), NO_NAME)
})

test('how the numbers of two names differ is not known but for eight bits of the seed, as it is of FNV-1a', () => {
  const [one, two] = ['a.example', 'b.example'].map((name) => Buffer.from(name))
  const fnv = (octets: Buffer, seed: number) => octets.reduce((hash, octet) => Math.imul(hash ^ octet, 0x01000193), seed)
  const known = new Set(Array.from({ length: 256 }, (_, seed) => (fnv(one!, seed) - fnv(two!, seed)) | 0))
  assert(!known.has((hashOf(one!, 0, one!.length) - hashOf(two!, 0, two!.length)) | 0))
})
