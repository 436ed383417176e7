import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Steps } from '../../src/policy/steps.ts'
import { runBreathing, setPace, UNHURRIED } from '../../src/zones/breath.ts'

const STEPS = 20

/** Steps of a millisecond each. */
function* work(result: number): Steps<number> {
  for (let step = 0; step < STEPS; step++) {
    const end = performance.now() + 1
    while (performance.now() < end);
    yield
  }
  return result
}

test('of several long works each comes to its end, and whoever waits beside them has turns', async () => {
  let turns = 0
  let isDone = false
  const take = (): void => {
    turns++
    if (!isDone) setImmediate(take)
  }
  setImmediate(take)
  const numbers = [1, 2, 3, 4, 5]
  const results = await Promise.all(numbers.map((number) => runBreathing(work(number))))
  isDone = true
  assert.deepEqual(results, numbers)
  assert.ok(turns >= STEPS, `${turns} turns`)
})

test('where it is to rest, long work leaves its processor to others in between', async (t) => {
  const restMs = 5
  setPace({ workMs: 1, restMs })
  t.after(() => setPace(UNHURRIED))
  const begun = performance.now()
  await runBreathing(work(1))
  // A timer may be a millisecond early.
  const least = STEPS * (1 + restMs - 1)
  assert.ok(performance.now() - begun >= least, 'it has not rested after each step')
})
