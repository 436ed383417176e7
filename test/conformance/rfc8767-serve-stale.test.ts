// RFC 8767: what has expired is better than nothing, for a while and marked as such. And what is in use does not expire.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { a, answersOf, CLIENT, createWorld, edeOf, policyOf, respond, type Script, soa } from '../resolver/world.ts'

class Silence extends Error {
  readonly kind = 'timeout'
}

const dead: Script = () => Promise.reject(new Silence())
const DAY_SECONDS = 86_400
const ADDRESS = '192.0.2.1'

/** An upstream that answers until told otherwise. */
function createStaleWorld(first: Script = (question) => respond(question, { answers: [a(question.name, ADDRESS, 100)] })) {
  let script = first
  const world = createWorld(['example.org', 'other.example'], (question) => script(question), { staleSeconds: DAY_SECONDS, prefetch: true })
  const become = (next: Script) => {
    script = next
  }
  return { ...world, become }
}

test('when no upstream answers, an expired answer is handed out with TTL 30 and EDE 3, and opened before', async () => {
  const { ask, kernel, become, pass } = createStaleWorld()
  await ask('example.org')
  pass(5_000)
  become(dead)
  const reply = await ask('example.org')
  assert.deepEqual([answersOf(reply), reply.answers?.[0]?.ttl, edeOf(reply), reply.rcode], [[`A ${ADDRESS}`], 30, [3], 'NOERROR'])
  assert.deepEqual([kernel.requests.length, kernel.requests[1]?.addresses, kernel.requests[1]?.ttlSeconds], [2, [ADDRESS], 31])
})

test('the updater is told that it is stale; asked in the background, for an address in use, it opens nothing', async () => {
  const { ask, asked, askerOf, kernel, become, pass, resolver } = createStaleWorld()
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20))
  await ask('example.org')
  pass(5_000)
  become(dead)
  resolver.renew(askerOf(CLIENT)!, parseName('example.org'), 4)
  await settle()
  assert.deepEqual([asked.length, kernel.requests.length], [2, 1])
  await ask('example.org')
  assert.deepEqual(
    kernel.requests.map(({ stale }) => stale),
    [false, true],
  )
  pass(40)
  become((question) => respond(question, { answers: [a(question.name, ADDRESS, 100)] }))
  resolver.renew(askerOf(CLIENT)!, parseName('example.org'), 4)
  await settle()
  assert.equal(kernel.requests[2]?.stale, false)
})

test('a stale answer whose address cannot be opened is not handed out', async () => {
  const { ask, kernel, become, pass } = createStaleWorld()
  await ask('example.org')
  pass(5_000)
  become(dead)
  kernel.before = () => Promise.reject(Object.assign(new Error(), { reason: 'kernel' }))
  assert.equal((await ask('example.org')).rcode, 'SERVFAIL')
})

test('when upstream takes longer than 1.8 seconds the client gets what is old, and the next what is new', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { ask, become, pass } = createStaleWorld()
  await ask('example.org')
  pass(200)
  become(async (question) => {
    await promise
    return respond(question, { answers: [a(question.name, '192.0.2.2', 100)] })
  })
  const startedAt = performance.now()
  assert.deepEqual(answersOf(await ask('example.org')), [`A ${ADDRESS}`])
  const waited = performance.now() - startedAt
  assert.ok(waited > 1_700 && waited < 2_300, `${waited} ms`)
  resolve()
  await new Promise((turn) => setImmediate(turn))
  pass(30)
  const next = await ask('example.org')
  assert.deepEqual([answersOf(next), edeOf(next)], [['A 192.0.2.2'], []])
})

test('an upstream in trouble is asked again every thirty seconds, not for every query', async () => {
  const { ask, asked, become, pass } = createStaleWorld()
  await ask('example.org')
  pass(200)
  become(dead)
  for (let count = 0; count < 30; count++) {
    assert.equal(edeOf(await ask('example.org'))[0], 3)
    pass(2)
  }
  assert.equal(asked.length, 3)
})

test('a stale NXDOMAIN says so with EDE 19', async () => {
  const { ask, become, pass } = createStaleWorld((question) => respond(question, { rcodeNumber: 3, authorities: [soa('example.org')] }))
  await ask('example.org')
  pass(200)
  become(dead)
  const reply = await ask('example.org')
  assert.deepEqual([reply.rcode, edeOf(reply)], ['NXDOMAIN', [19]])
})

test('after a day it is of no use any more', async () => {
  const { ask, become, pass } = createStaleWorld()
  await ask('example.org')
  pass(100 + DAY_SECONDS - 10)
  become(dead)
  assert.equal((await ask('example.org')).answers?.[0]?.ttl, 10)
  pass(10)
  assert.equal((await ask('example.org')).rcode, 'SERVFAIL')
})

test('a name that is no longer allowed is not answered from what is old', async () => {
  const { ask, become, pass, resolver } = createStaleWorld()
  await ask('example.org')
  pass(200)
  become(dead)
  await ask('example.org')
  resolver.replacePolicy(policyOf(['other.example']))
  assert.equal((await ask('example.org')).rcode, 'NXDOMAIN')
})

test('a name in use is asked anew in the last tenth of its TTL, once, and answered without waiting meanwhile', async () => {
  const { ask, askAtOnce, asked, kernel, pass, resolver } = createStaleWorld()
  await ask('example.org')
  pass(89)
  assert.ok(askAtOnce('example.org'))
  assert.equal(asked.length, 1)
  pass(2)
  assert.ok(askAtOnce('example.org'))
  assert.ok(askAtOnce('example.org'))
  await new Promise((turn) => setImmediate(turn))
  assert.deepEqual([asked.length, resolver.counters.refreshed], [2, 1])
  pass(10)
  assert.equal((await ask('example.org')).answers?.[0]?.ttl, 90)
  assert.deepEqual([asked.length, kernel.requests.length], [2, 2])
})

test('a name that nobody asks for is left to expire', async () => {
  const { ask, asked, pass } = createStaleWorld()
  await ask('example.org')
  pass(300)
  await ask('other.example')
  assert.equal(asked.length, 2)
})

test('a refresh that fails takes nothing away', async () => {
  const { ask, askAtOnce, become, pass } = createStaleWorld()
  await ask('example.org')
  pass(95)
  become(dead)
  assert.deepEqual(edeOf(askAtOnce('example.org')!), [])
  await new Promise((turn) => setImmediate(turn))
  pass(4)
  assert.equal(askAtOnce('example.org')?.answers?.[0]?.ttl, 1)
})

test('a TTL with the top bit set is long, not zero, and no TTL is longer than a week (section 4)', async () => {
  const { ask, asked } = createWorld(
    ['example.org'],
    (question) => respond(question, { answers: [a(question.name, ADDRESS, 0x8000_0001)] }),
    {
      maxTtlSeconds: 5_000_000,
    },
  )
  assert.equal((await ask('example.org')).answers?.[0]?.ttl, 604_800)
  await ask('example.org')
  assert.equal(asked.length, 1)
})
