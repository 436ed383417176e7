import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDisplaced } from '../../src/updater/displaced.ts'

test('what was displaced counts for a minute at least and two at most, for each payer by itself', () => {
  const displaced = createDisplaced()
  const counts = (now: number) => ['a', 'b'].map((payer) => displaced.countOf(payer, now))
  displaced.add('a', 1_000)
  displaced.add('a', 60_999)
  displaced.add('b', 61_000)
  assert.deepEqual(counts(61_000), [2, 1])
  assert.deepEqual(counts(120_999), [2, 1])
  assert.deepEqual(counts(121_000), [0, 1])
  displaced.add('b', 121_001)
  assert.deepEqual(counts(240_999), [0, 1])
  assert.deepEqual(counts(400_000), [0, 0])
})
