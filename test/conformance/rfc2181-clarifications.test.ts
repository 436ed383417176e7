// RFC 2181: TTLs of RRsets (section 5.2), what may be learnt from a response (5.4.1).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { a, cname, createWorld, respond } from '../resolver/world.ts'

test('records of one RRset with different TTLs are handed out with the lowest', async () => {
  const { ask } = createWorld(['example.org'], (question) =>
    respond(question, { answers: [a('example.org', '192.0.2.1', 200), a('example.org', '192.0.2.2', 20)] }),
  )
  assert.deepEqual(
    (await ask('example.org')).answers?.map(({ ttl }) => ttl),
    [20, 20],
  )
})

test('records that no chain from the question reaches are not answered, cached or opened, in whatever section they came', async () => {
  const forged = '192.0.2.66'
  const { ask, asked, kernel } = createWorld(['example.org', 'bank.example'], (question) =>
    question.name === 'bank.example'
      ? respond(question, { answers: [a('bank.example', '192.0.2.7')] })
      : respond(question, {
          answers: [cname('example.org', 'cdn.example'), a('bank.example', forged), a('cdn.example', '192.0.2.1')],
          authorities: [a('bank.example', forged)],
          additionals: [a('bank.example', forged), a('cdn.example', forged)],
        }),
  )
  const first = await ask('example.org')
  assert.deepEqual([first.answers?.length, first.authorities?.length, first.additionals?.length], [2, 0, 1])
  assert.equal((await ask('bank.example')).answers?.[0]?.data, '192.0.2.7')
  assert.equal(asked.length, 2)
  assert.ok(kernel.requests.every(({ addresses }) => !addresses.includes(forged as never)))
})
