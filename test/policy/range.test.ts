import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortSteps, uniteRanges } from '../../src/policy/range.ts'
import { runToEnd } from '../../src/policy/steps.ts'
import { createRandom } from '../support/random.ts'

const random = createRandom(20_261_127)

test('sorting in steps gives what sorting at once gives, equal ones in their order', () => {
  for (const count of [0, 1, 2, 255, 256, 257, 1000, 5000]) {
    const things = Array.from({ length: count }, (_, place) => ({ value: random.below(300), place }))
    const byValue = (one: { value: number }, other: { value: number }) => one.value - other.value
    assert.deepEqual(runToEnd(sortSteps(things, byValue)), things.toSorted(byValue))
  }
})

test('a union is ascending, and what overlaps or touches is one range', () => {
  for (let round = 0; round < 50; round++) {
    const ranges = Array.from({ length: 400 }, () => {
      const first = random.below(4000)
      return { first: BigInt(first), last: BigInt(first + random.below(6)) }
    })
    const covered = new Set(
      ranges.flatMap(({ first, last }) => Array.from({ length: Number(last - first) + 1 }, (_, n) => Number(first) + n)),
    )
    const expected = [...covered].sort((a, b) => a - b)
    const united = uniteRanges(ranges)
    assert.deepEqual(
      united.flatMap(({ first, last }) => Array.from({ length: Number(last - first) + 1 }, (_, n) => Number(first) + n)),
      expected,
    )
    assert.ok(united.every(({ first }, index) => index === 0 || first > united[index - 1]!.last + 1n))
  }
})
