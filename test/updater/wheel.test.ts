import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWheel } from '../../src/updater/wheel.ts'

test('things come out once, when due, never early and at most a second late', () => {
  const wheel = createWheel(0)
  const times = Array.from({ length: 500 }, (_, n) => (n * 7919) % 20_000)
  for (const at of times) wheel.schedule(at, at)
  const seen: number[] = []
  for (let now = 0; now <= 21_000; now += 250) {
    for (const at of wheel.due(now)) {
      assert.ok(at <= now && now - at < 1250, `${at} at ${now}`)
      seen.push(at)
    }
  }
  assert.deepEqual(seen.sort(), times.sort())
})

test('what is scheduled in the past is due at the next look', () => {
  const wheel = createWheel(0)
  wheel.due(5000)
  wheel.schedule(7, 1000)
  assert.deepEqual(wheel.due(6000), [7])
})

test('what is due at once is taken so many at a time, and none of it is lost', () => {
  const wheel = createWheel(0)
  for (let thing = 0; thing < 25; thing++) wheel.schedule(thing, 1000)
  const taken = [1, 2, 3, 4].map(() => wheel.due(3000, 10).length)
  assert.deepEqual(taken, [10, 10, 5, 0])
})

test('what has been cancelled holds up nothing that is due', () => {
  const wheel = createWheel(0)
  for (let row = 0; row < 100; row++) wheel.schedule(row, 1000)
  for (let row = 1; row < 100; row++) wheel.cancel(row)
  assert.deepEqual(wheel.due(2000, 10), [0])
})

test('what is scheduled anew is due at its new time alone, and what is cancelled at none, though the number is used again', () => {
  const wheel = createWheel(0)
  for (const row of [1, 2, 3]) wheel.schedule(row, 2000)
  wheel.schedule(1, 4000)
  wheel.cancel(2)
  wheel.cancel(3)
  wheel.schedule(3, 2000)
  assert.deepEqual([wheel.due(3000), wheel.due(6000)], [[3], [1]])
})
