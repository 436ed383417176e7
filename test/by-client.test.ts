import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByClient } from '../src/by-client.ts'

type Step = readonly ['set' | 'delete' | 'clear' | 'deleteWhere', string, number]

test('it holds what a map would hold, whatever comes and goes in whatever order', () => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete', 'clear', 'deleteWhere'), fc.constantFrom('a', 'b', 'c'), fc.nat(3))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ours = new ByClient<number>()
      const theirs = new Map<string, number>()
      for (const [what, client, value] of steps as readonly Step[]) {
        if (what === 'set') {
          ours.set(client, value)
          theirs.set(client, value)
        } else if (what === 'delete') {
          ours.delete(client)
          theirs.delete(client)
        } else if (what === 'clear') {
          ours.clear()
          theirs.clear()
        } else {
          ours.deleteWhere((each) => each < value)
          for (const [key, each] of theirs) if (each < value) theirs.delete(key)
        }
        assert.equal(ours.size, theirs.size)
        for (const key of ['a', 'b', 'c']) assert.equal(ours.get(key), theirs.get(key))
      }
    }),
  )
})
