import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { a, answersOf, createWorld, edeOf, policyOf, RefusedLease, respond, type Script, soa } from './world.ts'

const V4_ONLY: Script = (question) =>
  respond(question, question.type === TYPE.A ? { answers: [a(question.name, '192.0.2.1')] } : { authorities: [soa('org')] })

/** Upstream says SERVFAIL to A, and has no AAAA. */
const A_FAILS: Script = (question) => (question.type === TYPE.A ? respond(question, { rcodeNumber: 2 }) : V4_ONLY(question))

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('NODATA for one family waits for the other that the same client has asked for, and is NODATA if that is found', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { ask, resolver } = createWorld(['example.org'], (question) =>
    question.type === TYPE.A ? promise.then(() => V4_ONLY(question)) : V4_ONLY(question),
  )
  const [a, aaaa] = [ask('example.org', 'A'), ask('example.org', 'AAAA')]
  const stranger = await ask('example.org', 'AAAA', '198.51.100.8')
  assert.equal(stranger.rcode, 'NOERROR')
  let hasCome = false
  aaaa.then(() => {
    hasCome = true
  })
  await turn()
  assert.equal(hasCome, false)
  resolve()
  assert.deepEqual([answersOf(await a), (await aaaa).rcode, answersOf(await aaaa)], [['A 192.0.2.1'], 'NOERROR', []])
  assert.equal(resolver.counters.servfail, 0)
})

test('where one family fails, no data for the other is the same failure, as long as that is remembered', async () => {
  const { ask, askAtOnce, pass } = createWorld(['example.org'], A_FAILS)
  const replies = await Promise.all([ask('example.org', 'A'), ask('example.org', 'AAAA')])
  assert.deepEqual(
    replies.map((reply) => [reply.rcode, edeOf(reply)]),
    [
      ['SERVFAIL', [23]],
      ['SERVFAIL', [23]],
    ],
  )
  assert.equal(askAtOnce('example.org', 'AAAA')!.rcode, 'SERVFAIL')
  pass(5)
  assert.equal(askAtOnce('example.org', 'AAAA')!.rcode, 'NOERROR')
})

test('a failure that nobody remembers counts too: an address that cannot be opened, before or after the other family is found', async () => {
  for (const slow of [TYPE.A, TYPE.AAAA]) {
    const { ask, kernel } = createWorld(['example.org'], async (question) => {
      if (question.type === slow) for (let turns = 0; turns < 5; turns++) await turn()
      return V4_ONLY(question)
    })
    kernel.before = () => Promise.reject(new RefusedLease('kernel'))
    const replies = await Promise.all([ask('example.org', 'A'), ask('example.org', 'AAAA')])
    assert.deepEqual(
      replies.map(({ rcode }) => rcode),
      ['SERVFAIL', 'SERVFAIL'],
    )
  }
})

test('a client of one family is told that the other has no data when its own has been found, or has failed', async () => {
  for (const [script, expected] of [
    [V4_ONLY, 'NOERROR'],
    [A_FAILS, 'SERVFAIL'],
  ] as const) {
    const policy = policyOf(['example.org'], { guard: 'forward' })
    const { ask, askAtOnce, asked } = createWorld([], script, { policy })
    const a = ask('example.org', 'A')
    assert.equal(askAtOnce('example.org', 'AAAA'), undefined)
    assert.deepEqual([(await ask('example.org', 'AAAA')).rcode, (await a).rcode, asked.length], [expected, expected, 1])
  }
})

test('addresses of one family are handed out whatever becomes of the other, and a type that is no family waits for nothing', async () => {
  const { ask } = createWorld(['example.org types=TXT'], (question) =>
    question.type === TYPE.A ? new Promise<Uint8Array>(() => {}) : respond(question, { answers: [a(question.name, '2001:db8::1')] }),
  )
  void ask('example.org', 'A')
  assert.deepEqual(answersOf(await ask('example.org', 'AAAA')), ['AAAA 2001:db8::1'])
})
