import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRing, Kept } from '../../src/cache/ring.ts'

class Thing extends Kept {
  readonly name: string
  readonly #evicted: string[]

  constructor(name: string, evicted: string[]) {
    super()
    this.name = name
    this.#evicted = evicted
  }

  evict(): void {
    this.#evicted.push(this.name)
  }
}

function fill(mostOctets: number, names: string) {
  const evicted: string[] = []
  const ring = createRing(mostOctets)
  const things = new Map([...names].map((name) => [name, new Thing(name, evicted)]))
  for (const thing of things.values()) ring.add(thing, 1)
  return { ring, evicted, things, add: (name: string, octets = 1) => ring.add(new Thing(name, evicted), octets) }
}

test('the oldest go first as long as nothing is asked for', () => {
  const { ring, evicted, add } = fill(3, 'abc')
  add('d', 2)
  assert.deepEqual([evicted.join(''), ring.octets, ring.size], ['ab', 3, 2])
})

test('what has been asked for is spared, once', () => {
  const { evicted, things, add } = fill(3, 'abc')
  things.get('a')!.visited = true
  add('d')
  assert.equal(evicted.join(''), 'b')
  add('e')
  add('f')
  add('g')
  assert.equal(evicted.join(''), 'bcde')
  assert.equal(things.get('a')!.visited, false)
})

test('a flood of things seen once leaves those in use', () => {
  const { evicted, things, add } = fill(10, 'abc')
  for (let index = 0; index < 1000; index++) {
    for (const thing of things.values()) thing.visited = true
    add('x')
  }
  assert.ok(evicted.every((name) => name === 'x'))
})

test('what is removed is not evicted, and removing twice does nothing', () => {
  const { ring, evicted, things, add } = fill(3, 'abc')
  ring.remove(things.get('b')!)
  ring.remove(things.get('b')!)
  assert.deepEqual([ring.octets, ring.size], [2, 2])
  add('d')
  add('e')
  assert.equal(evicted.join(''), 'a')
})

test('growth is counted, and evicts', () => {
  const { ring, evicted, things } = fill(4, 'abc')
  ring.grow(things.get('c')!, 2)
  assert.deepEqual([ring.octets, evicted.join('')], [4, 'a'])
  ring.grow(things.get('a')!, 100)
  assert.equal(ring.octets, 4)
})

test('a single thing over the limit does not stay', () => {
  const { ring, evicted, add } = fill(3, 'a')
  add('b', 9)
  assert.deepEqual([ring.octets, ring.size, evicted.join('')], [0, 0, 'ab'])
  add('c')
  assert.equal(ring.size, 1)
})

test('what is removed where the next search would begin is left alone', () => {
  const { ring, evicted, things, add } = fill(3, 'abc')
  add('d')
  ring.remove(things.get('b')!)
  add('e', 2)
  assert.deepEqual([evicted.join(''), ring.octets], ['ac', 3])
})
