// What is counted of each client stays bounded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPerClient, MOST_APART, OTHERS } from '../../src/policy/per-client.ts'

test('beyond so many clients all others are counted together, and room comes with those who go', () => {
  const counts = createPerClient(() => ({ queries: 0 }))
  for (let client = 0; client < MOST_APART + 5; client++) counts.of(`c${client}`).queries++
  counts.of('c0').queries++
  const all = new Map(counts.entries())
  assert.deepEqual([all.size, all.get('c0')?.queries, all.get(OTHERS)?.queries], [MOST_APART + 1, 2, 5])
  const staying = Array.from({ length: MOST_APART - 1 }, (_, client) => `c${client}`)
  counts.settle([...staying, 'next', 'beyond'])
  assert.deepEqual([...counts.entries()].slice(-2), [
    [OTHERS, { queries: 5 }],
    ['next', { queries: 0 }],
  ])
  counts.settle(['c1'])
  assert.deepEqual(
    [...counts.entries()].map(([name]) => name),
    ['c1', OTHERS],
  )
  assert.equal(counts.of('late').queries, 0)
})
