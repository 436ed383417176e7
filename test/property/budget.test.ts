// The budget below a wildcard against the plainest account of it that one could keep.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLedger } from '../../src/resolver/ledger.ts'
import { a, createWorld, respond, type Script } from '../resolver/world.ts'

const HOUR_SECONDS = 3600
const LIMITS = { names: 6, octets: 260, enforce: true }
/** A TTL of zero: every question that may go upstream does. */
const answering: Script = (question) => respond(question, { answers: [a(question.name, '192.0.2.1', 0)] })

const step = fc.record({
  label: fc.integer({ min: 1, max: 12 }).map((length) => 'x'.repeat(length * 5)),
  seconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })),
  restarts: fc.boolean(),
})

/** Is the question within the budget? */
function createModel() {
  let endsAt = 0
  let names = new Set<string>()
  let octets = 0
  return (label: string, now: number): boolean => {
    if (now >= endsAt) {
      endsAt = now + HOUR_SECONDS
      names = new Set()
      octets = 0
    }
    const isNew = !names.has(label)
    const cost = (isNew ? label.length + 1 : 0) + 2
    if (octets + cost > LIMITS.octets || (isNew && names.size >= LIMITS.names)) return false
    names.add(label)
    octets += cost
    return true
  }
}

test('whatever is asked, in whatever order, across hours and restarts, no more goes upstream than the budget has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const isWithin = createModel()
      let ledger = createLedger()
      let world = createWorld(['*.example.org'], answering, { budget: LIMITS, ledger })
      let now = 0
      for (const { label, seconds, restarts } of steps) {
        now += seconds
        world.pass(seconds)
        if (restarts) {
          ledger = createLedger([...ledger.save()].join(''))
          world = createWorld(['*.example.org'], answering, { budget: LIMITS, ledger })
          world.pass(now)
        }
        const { answers } = await world.ask(`${label}.example.org`)
        assert.equal(answers?.length === 1, isWithin(label, now), `${label} after ${now} s`)
      }
    }),
    { numRuns: 200 },
  )
})
