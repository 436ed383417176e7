import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listQueries } from '../../src/resolver/counters.ts'
import { a, answersOf, CLIENT, cname, createWorld, decode, edeOf, encode, respond, START, soa } from './world.ts'

const ADDRESS = '192.0.2.1'
const one =
  (ttl = 300) =>
  (question: { name: string; type: number }) =>
    respond(question as never, { answers: [a(question.name, ADDRESS, ttl)] })

test('a name that nothing allows is denied at once and never forwarded', () => {
  const { askAtOnce, asked, denied } = createWorld(['example.org'], one())
  const reply = askAtOnce('example.com')!
  assert.deepEqual([reply.rcode, reply.authorities?.length, edeOf(reply)], ['NXDOMAIN', 1, [15]])
  askAtOnce('EXAMPLE.com')
  assert.deepEqual([asked.length, denied], [0, [`${CLIENT} example.com 1 deny`]])
})

test('a denied name above an allowed one is NODATA', () => {
  const { askAtOnce } = createWorld(['a.example.org'], one())
  assert.deepEqual([askAtOnce('example.org')!.rcode, askAtOnce('example.org')!.authorities?.length], ['NOERROR', 1])
})

test('an allowed name is forwarded, opened, answered; then answered from memory', async () => {
  const { ask, askAtOnce, asked, kernel, pass } = createWorld(['example.org'], one(100))
  assert.deepEqual(answersOf(await ask('Example.org')), [`A ${ADDRESS}`])
  assert.deepEqual(
    kernel.requests.map(({ source, name, addresses, ttlSeconds }) => [source, name, addresses, ttlSeconds]),
    [[CLIENT, 'example.org', [ADDRESS], 101]],
  )
  pass(40)
  assert.equal(askAtOnce('example.ORG')!.answers?.[0]?.ttl, 60)
  assert.deepEqual([asked.length, kernel.requests.length], [1, 1])
})

test('the address is open before the answer is there', async () => {
  const { ask, kernel } = createWorld(['example.org'], one())
  const order: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  kernel.before = () => promise
  const reply = ask('example.org').then(() => order.push('answer'))
  await new Promise((turn) => setImmediate(turn))
  order.push('acknowledged')
  resolve()
  await reply
  assert.deepEqual(order, ['acknowledged', 'answer'])
})

test('identical questions in flight share one exchange, and each client opens for itself', async () => {
  const { ask, asked, kernel } = createWorld(['example.org'], one())
  const clients = ['198.51.100.1', '198.51.100.2', '198.51.100.3']
  const replies = await Promise.all(clients.map((client) => ask('example.org', 'A', client)))
  assert.ok(replies.every((reply) => answersOf(reply).length === 1))
  assert.equal(asked.length, 1)
  assert.deepEqual(
    kernel.requests.map(({ source }) => source),
    clients,
  )
})

test('whoever waits gets the reply to its own query, whatever others have asked meanwhile', async () => {
  const names = ['example.org', 'another.example.net', 'a.example']
  const { ask } = createWorld(names, one())
  const replies = await Promise.all(names.map((name) => ask(name)))
  assert.deepEqual(
    replies.map(({ questions, answers }) => [...questions!, ...answers!].map(({ name }) => name)),
    names.map((name) => [name, name]),
  )
})

test('a cached answer is opened for a client that has not asked before', async () => {
  const { ask, askAtOnce, asked, kernel } = createWorld(['example.org'], one())
  await ask('example.org')
  assert.equal(askAtOnce('example.org', 'A', '198.51.100.9'), undefined)
  await ask('example.org', 'A', '198.51.100.9')
  assert.deepEqual([asked.length, kernel.requests.length], [1, 2])
})

test('a TTL of zero is answered and opened, and never cached', async () => {
  const { ask, asked, kernel } = createWorld(['example.org'], one(0))
  assert.equal((await ask('example.org')).answers?.[0]?.ttl, 0)
  await ask('example.org')
  assert.deepEqual([asked.length, kernel.requests.length, kernel.requests[0]?.ttlSeconds], [2, 2, 1])
})

test('no TTL is handed out above the limit', async () => {
  const { ask } = createWorld(['example.org'], one(86_400))
  assert.equal((await ask('example.org')).answers?.[0]?.ttl, 300)
})

test('HTTPS, ANY and types that the rule does not name are NODATA, never forwarded, and reported once', async () => {
  const { ask, asked, denied } = createWorld(['example.org types=TXT'], (question) =>
    respond(question, { answers: [{ name: question.name, type: 'TXT', ttl: 9, data: 'x' }] }),
  )
  for (const type of ['HTTPS', 'ANY', 'MX', 'SVCB', 'SRV']) {
    const reply = await ask('example.org', type)
    assert.deepEqual([reply.rcode, reply.answers?.length, edeOf(reply)], ['NOERROR', 0, [15]])
  }
  assert.equal((await ask('example.org', 'TXT')).answers?.length, 1)
  assert.deepEqual([asked.length, denied.length], [1, 1])
})

test('answers without addresses need no lease', async () => {
  const { ask, kernel } = createWorld(['example.org'], (question) =>
    respond(question, { rcodeNumber: 3, authorities: [soa('example.org')] }),
  )
  assert.equal((await ask('example.org')).rcode, 'NXDOMAIN')
  assert.equal(kernel.requests.length, 0)
})

test('where clients need no lease, none is asked for', async () => {
  const { ask, askAtOnce, kernel } = createWorld(['example.org'], one(), { needsLease: () => false })
  await ask('example.org')
  assert.deepEqual([askAtOnce('example.org')?.answers?.length, kernel.requests.length], [1, 0])
})

test('addresses that may not be opened are taken out and reported', async () => {
  const { ask, kernel, screened } = createWorld(['example.org'], (question) =>
    respond(question, { answers: [cname('example.org', 'b'), a('b', '10.0.0.1'), a('b', ADDRESS), a('b', '169.254.169.254')] }),
  )
  assert.deepEqual(answersOf(await ask('example.org')), ['CNAME b', `A ${ADDRESS}`])
  assert.deepEqual(kernel.requests[0]?.addresses, [ADDRESS])
  assert.deepEqual(screened, ['example.org 10.0.0.1 special-purpose', 'example.org 169.254.169.254 metadata'])
})

test('with no address left the answer is NODATA with EDE, and nothing is opened', async () => {
  const { ask, askAtOnce, kernel, asked } = createWorld(['example.org', '!192.0.2.0/24'], one())
  const reply = await ask('example.org')
  assert.deepEqual([reply.rcode, reply.answers?.length, edeOf(reply)], ['NOERROR', 0, [15]])
  assert.ok(askAtOnce('example.org'))
  assert.deepEqual([kernel.requests.length, asked.length], [0, 1])
})

test('a time-boxed deny of addresses ends by the clock of administrators, as the updater has it, and not by ours', async () => {
  const until = START + 60_000
  for (const [wall, count] of [
    [until - 1, 0],
    [until, 1],
  ] as const) {
    const { ask } = createWorld(['example.org', `!192.0.2.0/24 until=${until}`], one(), { wallClock: () => wall })
    assert.equal(answersOf(await ask('example.org')).length, count)
  }
})

test('what had ended by a clock that was ahead has not when that is set right, and a deny is one again', async () => {
  const until = START + 60_000
  let wall = until
  const entries = [`example.org until=${until}`, '*.example.net', `!x.example.net until=${until}`]
  const { ask, denied } = createWorld(entries, one(), { wallClock: () => wall })
  const outcomes = async () => [answersOf(await ask('example.org')).length, answersOf(await ask('x.example.net')).length]
  assert.deepEqual(await outcomes(), [0, 1])
  wall = START
  assert.deepEqual(await outcomes(), [1, 0])
  wall = START - 500
  assert.deepEqual(await outcomes(), [1, 0])
  assert.equal(denied.length, 2, 'judged anew no oftener')
  wall = until
  assert.deepEqual(await outcomes(), [0, 1])
})

test('of a name with thousands of addresses 256 are opened and handed out, those that may not be opened left out of the count', async () => {
  const addresses = Array.from({ length: 3000 }, (_, index) => `${index % 2 === 0 ? 10 : 203}.0.${index >> 8}.${index & 255}`)
  const { resolver, askerOf, kernel, screened } = createWorld(['example.org'], (question) =>
    respond(question, { answers: addresses.map((address) => a(question.name, address)) }),
  )
  const publicOnes = addresses.filter((address) => address.startsWith('203.'))
  const reply = decode(await resolver.resolve(encode('example.org', 'A'), askerOf(CLIENT)!, 'tcp'))
  assert.deepEqual(
    answersOf(reply),
    publicOnes.slice(0, 256).map((address) => `A ${address}`),
  )
  assert.deepEqual(kernel.requests[0]!.addresses, publicOnes.slice(0, 256))
  assert.equal(screened.length, 1500)
})

test('a private entry may answer with special-purpose addresses', async () => {
  const { ask } = createWorld(['example.org private'], (question) => respond(question, { answers: [a('example.org', '10.0.0.1')] }))
  assert.deepEqual(answersOf(await ask('example.org')), ['A 10.0.0.1'])
})

test('localhost, the canary and resolver.arpa are answered here, whatever the rules', () => {
  const { askAtOnce, asked, denied } = createWorld(['*.resolver.arpa'], one())
  assert.deepEqual(answersOf(askAtOnce('localhost')!), ['A 127.0.0.1'])
  assert.deepEqual(answersOf(askAtOnce('x.LOCALHOST', 'AAAA')!), ['AAAA ::1'])
  assert.equal(askAtOnce('localhost', 'MX')!.answers?.length, 0)
  assert.equal(askAtOnce('use-application-dns.net')!.rcode, 'NXDOMAIN')
  assert.equal(askAtOnce('_dns.resolver.arpa', 'SVCB')!.rcode, 'NOERROR')
  assert.deepEqual([asked.length, denied.length], [0, 0])
})

test('counters say what happened', async () => {
  const { ask, askAtOnce, resolver } = createWorld(['example.org'], one())
  await ask('example.org')
  askAtOnce('example.org')
  askAtOnce('example.net')
  askAtOnce('example.org', 'TXT')
  const { allowed, denied, hits, misses, pending, forwarded } = resolver.counters
  assert.deepEqual([allowed, denied, hits, misses, pending, forwarded], [3, 1, 1, 1, 1, 1])
  assert.deepEqual(listQueries(resolver.counters), [
    { verdict: 'allow', type: 'A', count: 2 },
    { verdict: 'deny', type: 'A', count: 1 },
    { verdict: 'deny', type: 'TXT', count: 1 },
  ])
  assert.deepEqual(resolver.status().rememberedNames, 2)
  resolver.flush()
  assert.deepEqual(resolver.status(), { cachedAnswers: 0, rememberedNames: 0, octets: 0 })
})
