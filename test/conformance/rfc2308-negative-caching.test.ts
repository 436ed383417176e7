// RFC 2308: NXDOMAIN and NODATA, for how long they are kept, and what we send ourselves.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { a, cname, createWorld, respond, soa } from '../resolver/world.ts'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['*.allowed.example'],
  records: ['there.allowed.example. 300 IN A 192.0.2.1'],
})
after(() => rig.close())

test("upstream's NXDOMAIN and NODATA come with its SOA, whose TTL is the least of TTL and MINIMUM", async () => {
  const missing = await rig.dig('missing.allowed.example')
  assert.match(missing, /status: NXDOMAIN/)
  assert.match(missing, /^\.\s+60\s+IN\s+SOA\s+ns\.invalid\. hostmaster\.invalid\./m)
  const noData = await rig.dig('there.allowed.example', 'AAAA')
  assert.match(noData, /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/)
})

test('our own negative answers have an SOA whose TTL and minimum are at most five seconds', async () => {
  for (const words of [['denied.example'], ['allowed.example'], ['there.allowed.example', 'MX']]) {
    const match = /IN\s+SOA\s+\S+ \S+ \d+ \d+ \d+ \d+ (\d+)/.exec(await rig.dig(...words))
    assert.ok(match && Number(match[1]) <= 5, words.join(' '))
  }
})

const TTLS: [string, number, number, number][] = [
  ['the minimum', 600, 30, 30],
  ['the TTL of the SOA', 20, 60, 20],
]
for (const [what, ttl, minimum, expected] of TTLS)
  test(`a negative answer is kept for ${what} where that is the lower`, async () => {
    const { ask, askAtOnce, asked, pass } = createWorld(['example.org'], (question) =>
      respond(question, { rcodeNumber: 3, authorities: [soa('example.org', minimum, ttl)] }),
    )
    assert.equal((await ask('example.org')).authorities?.[0]?.ttl, expected)
    pass(expected - 1)
    assert.equal(askAtOnce('example.org')?.authorities?.[0]?.ttl, 1)
    pass(1)
    assert.equal(askAtOnce('example.org'), undefined)
    assert.equal(asked.length, 1)
  })

test('a negative answer without SOA is not kept', async () => {
  const { ask, asked } = createWorld(['example.org'], (question) => respond(question, { rcodeNumber: 3 }))
  await ask('example.org')
  await ask('example.org')
  assert.equal(asked.length, 2)
})

test('an SOA of a zone that the name is not in says nothing', async () => {
  const { ask, asked } = createWorld(['example.org'], (question) =>
    respond(question, { rcodeNumber: 3, authorities: [soa('example.com')] }),
  )
  assert.equal((await ask('example.org')).authorities?.length, 0)
  await ask('example.org')
  assert.equal(asked.length, 2)
})

test('an alias to a name that does not exist is NXDOMAIN with the alias, and opens nothing', async () => {
  const { ask, kernel } = createWorld(['example.org'], (question) =>
    respond(question, { rcodeNumber: 3, answers: [cname('example.org', 'gone.example.net')], authorities: [soa('example.net')] }),
  )
  const reply = await ask('example.org')
  assert.deepEqual([reply.rcode, reply.answers?.length, kernel.requests.length], ['NXDOMAIN', 1, 0])
})

test('a referral is no answer', async () => {
  const { ask } = createWorld(['example.org'], (question) =>
    respond(question, {
      authorities: [{ name: 'org', type: 'NS', ttl: 60, data: 'ns.example.net' }],
      additionals: [a('ns.example.net', '192.0.2.1')],
    }),
  )
  assert.equal((await ask('example.org')).rcode, 'SERVFAIL')
})
