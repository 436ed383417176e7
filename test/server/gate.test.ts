import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGate } from '../../src/server/gate.ts'

test('a gate lets in so many in all and so many of each; who is turned away is not counted, and who leaves makes room', () => {
  const gate = createGate({ mostInAll: 3, mostPerClient: 2 })
  const enter = (...keys: readonly string[]) => keys.map((key) => gate.enter(key))
  assert.deepEqual(enter('one', 'one', 'one', 'two', 'two'), [true, true, false, true, false])
  assert.equal(gate.size, 3)
  gate.leave('one')
  assert.deepEqual(enter('three', 'two'), [true, false])
  for (const key of ['one', 'two', 'three']) gate.leave(key)
  assert.equal(gate.size, 0)
})

test('those of a crowd have three shares together, and nobody else has less for it', () => {
  const gate = createGate({ mostInAll: 10, mostPerClient: 2 })
  const enter = (crowd: string | undefined, ...keys: readonly string[]) => keys.map((key) => gate.enter(key, crowd))
  assert.deepEqual(enter('link', 'a', 'b', 'c', 'd', 'e', 'f', 'g'), [true, true, true, true, true, true, false])
  assert.deepEqual(enter('other', 'g'), [true])
  assert.deepEqual(enter(undefined, 'named'), [true])
  gate.leave('a', 'link')
  assert.deepEqual(enter('link', 'g', 'h'), [true, false])
  assert.equal(gate.size, 8)
})
