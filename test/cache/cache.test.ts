import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCache, remainingSeconds } from '../../src/cache/cache.ts'
import { createRing } from '../../src/cache/ring.ts'
import { type Answer, decodeAnswer, type Question } from '../../src/dns/answer.ts'
import { createExplanation } from '../../src/dns/explanation.ts'
import { parseName } from '../../src/dns/name.ts'
import { a, respond } from '../resolver/world.ts'

const question: Question = { name: parseName('example.org'), type: 1, dnssecOk: false }

function answer(ttl: number, asked = question): Answer {
  return decodeAnswer(respond(asked, { answers: [a(asked.name, '192.0.2.1', ttl)] }), asked)
}

function createSmall(octets = 1 << 20) {
  const ring = createRing(octets)
  return { ring, cache: createCache({ ring, maxTtlSeconds: 300, staleSeconds: 0 }) }
}

test('an answer is there until its TTL has passed', () => {
  const { cache, ring } = createSmall()
  assert.equal(cache.put(question, answer(10), 1000).expiresAt, 11_000)
  assert.equal(cache.get(question, 10_999)?.outcome.kind, 'data')
  assert.equal(cache.get(question, 11_000), undefined)
  assert.deepEqual([cache.size, ring.octets], [0, 0])
})

test('a TTL of zero is handed back but not kept', () => {
  const { cache } = createSmall()
  assert.equal(cache.put(question, answer(0), 1000).expiresAt, 1000)
  assert.equal(cache.get(question, 1000), undefined)
})

test('no TTL is kept above the limit', () => {
  const { cache } = createSmall()
  assert.equal(cache.put(question, answer(86_400), 0).expiresAt, 300_000)
})

test('name, type and DO make the question', () => {
  const { cache } = createSmall()
  cache.put(question, answer(10), 0)
  for (const other of [{ type: 28 }, { dnssecOk: true }, { name: parseName('b') }])
    assert.equal(cache.get({ ...question, ...other }, 0), undefined)
})

test('failures are kept as long as they say', () => {
  const { cache } = createSmall()
  cache.put(question, { kind: 'failure', ttlSeconds: 5, explanation: createExplanation(23, '') }, 0)
  assert.equal(cache.get(question, 4_999)?.outcome.kind, 'failure')
  assert.equal(cache.get(question, 5_000), undefined)
})

test('memory is bounded by octets, and putting again replaces', () => {
  const { cache, ring } = createSmall(10_000)
  for (let index = 0; index < 1000; index++) cache.put({ ...question, type: index }, answer(10), 0)
  assert.ok(ring.octets <= 10_000 && cache.size > 5 && cache.size < 20, `${cache.size}`)
  const before = ring.octets
  cache.put({ ...question, type: 999 }, answer(10), 0)
  assert.equal(ring.octets, before)
  cache.clear()
  assert.deepEqual([cache.size, ring.octets], [0, 0])
})

test('the TTL handed out counts down and never grows', () => {
  const ttls = [0, 1, 999, 1000, 1001, 8_999, 9_000, 9_999, 10_000, 20_000].map((now) => remainingSeconds(10_000, now))
  assert.deepEqual(ttls, [10, 10, 10, 9, 9, 2, 1, 1, 0, 0])
})

test('an answer is revived for 30 s at a time, and not beyond what it may be stale; a failure is not', () => {
  const cache = createCache({ ring: createRing(1 << 20), maxTtlSeconds: 300, staleSeconds: 100 })
  cache.put(question, answer(10), 0)
  assert.deepEqual([cache.revive(question, 10_000)?.expiresAt, cache.revive(question, 90_000)?.expiresAt], [40_000, 110_000])
  assert.equal(cache.revive(question, 110_000), undefined)
  cache.put(question, { kind: 'failure', ttlSeconds: 5, explanation: createExplanation(22, '') }, 0)
  assert.equal(cache.revive(question, 5_000), undefined)
})
