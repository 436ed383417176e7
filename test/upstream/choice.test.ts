// Who is asked, for how long, and what a bad server can do to the others.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import type { Endpoint } from '../../src/net/endpoint.ts'
import { createUpstream, type Upstream, type UpstreamOptions } from '../../src/upstream/upstream.ts'
import { type Asked, answerTo, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

const closing: (() => void)[] = []
after(() => {
  for (const close of closing) close()
})

async function start(script: (asked: Asked) => void): Promise<ScriptedServer> {
  const server = await startScriptedServer(script)
  closing.push(server.close)
  return server
}

const plain = (endpoint: Endpoint) => ({ kind: 'plain', endpoint }) as const

function upstreamOf(servers: readonly ScriptedServer[], options: Partial<UpstreamOptions> = {}): Upstream {
  const specs = servers.map(({ endpoint }) => plain(endpoint))
  const upstream = createUpstream({ specs, ownEndpoints: [], log: { warn() {} }, ...options })
  closing.push(upstream.close)
  return upstream
}

const ask = (upstream: Upstream, name = 'www.example.org') => upstream.exchange({ name: parseName(name), type: TYPE.A, dnssecOk: false })

const honest = ({ query, reply }: Asked) => reply(answerTo(query))
const answerAfter =
  (milliseconds: number) =>
  ({ query, reply }: Asked) =>
    void setTimeout(() => reply(answerTo(query)), milliseconds)

test('the faster of two servers gets the questions, whatever their order', async () => {
  const slow = await start(answerAfter(150))
  const fast = await start(honest)
  const upstream = upstreamOf([slow, fast])
  for (let count = 0; count < 20; count++) await ask(upstream)
  assert.ok(fast.asked.length >= 15, `${fast.asked.length} of 20`)
})

test('when the first is slow this once the second is asked too, and its answer is taken', async () => {
  let delay = 0
  const first = await start(({ query, reply }) => void setTimeout(() => reply(answerTo(query)), delay))
  const second = await start(answerAfter(20))
  const upstream = upstreamOf([first, second])
  for (let count = 0; count < 10; count++) await ask(upstream)
  assert.equal(second.asked.length < 3, true)
  delay = 2_000
  const startedAt = performance.now()
  const { server } = await ask(upstream)
  assert.equal(server, upstream.labels[1])
  assert.ok(performance.now() - startedAt < 500)
})

test('a late answer is still taken when nobody else has one', async () => {
  const server = await start(answerAfter(1_700))
  assert.deepEqual((await ask(upstreamOf([server]))).answer.addresses, ['192.0.2.1'])
})

const isQuestion = ({ query }: Asked) => query.toString('latin1').toLowerCase().includes('www')

test('a server that was dead and is well again is noticed, and asked first if it is the faster', async () => {
  let isWell = false
  const patient = await start(({ query, reply }) => isWell && reply(answerTo(query)))
  const other = await start(answerAfter(40))
  const upstream = upstreamOf([patient, other])
  for (let count = 0; count < 3; count++) await ask(upstream)
  isWell = true
  const before = patient.asked.filter(isQuestion).length
  const end = performance.now() + 40_000
  while (patient.asked.filter(isQuestion).length === before && performance.now() < end) {
    await ask(upstream)
    await new Promise((later) => setTimeout(later, 200))
  }
  assert.ok(patient.asked.filter(isQuestion).length > before, 'it is not asked any more')
})

/** Each hurts only itself: the answer comes from the other, and soon. */
const BAD_SERVERS: [string, (asked: Asked) => void][] = [
  ['is silent', () => {}],
  ['answers another question', ({ query, reply }) => reply(forge(query))],
  ['sends rubbish behind the right question', ({ query, reply }) => reply(answerTo(query).subarray(0, -8))],
  ['promises records that are not there', ({ query, reply }) => reply(answerTo(query).fill(9, 7, 8))],
  ['truncates over TCP too', ({ query, reply }) => reply(truncated(query))],
  ['refuses', ({ query, reply }) => reply(answerTo(query, { rcode: 5 }))],
  ['resets after TC', ({ query, transport, reply }) => (transport === 'udp' ? reply(truncated(query)) : reply(Buffer.alloc(0)))],
  [
    'floods',
    ({ query, reply }) => {
      for (let count = 0; count < 2_000; count++) reply(forge(query))
    },
  ],
]
for (const [what, script] of BAD_SERVERS)
  test(`a server that ${what} costs the name nothing but a moment`, async () => {
    const bad = await start(script)
    const good = await start(answerAfter(1))
    const upstream = upstreamOf([bad, good])
    const startedAt = performance.now()
    for (let count = 0; count < 5; count++) assert.deepEqual((await ask(upstream)).answer.addresses, ['192.0.2.1'])
    assert.ok(performance.now() - startedAt < 2_000)
    assert.ok(bad.asked.length > 0)
  })

function forge(query: Buffer): Buffer {
  const forgery = answerTo(query)
  forgery[0] = forgery[0]! ^ 0xff
  return forgery
}

function truncated(query: Buffer): Buffer {
  const cut = answerTo(query)
  cut[2] = cut[2]! | 0x02
  return cut
}

test('names below a suffix are asked of its own servers, the longest suffix first, and of nobody else', async () => {
  const general = await start(honest)
  const corp = await start(honest)
  const lab = await start(honest)
  const suffixes = new Map([
    [parseName('corp.example'), [plain(corp.endpoint)]],
    [parseName('lab.corp.example'), [plain(lab.endpoint)]],
  ])
  const upstream = upstreamOf([general], { suffixes })
  for (const name of ['corp.example', 'db.corp.example', 'x.lab.corp.example', 'notcorp.example', 'example']) await ask(upstream, name)
  assert.deepEqual(
    [general, corp, lab].map(({ asked }) => asked.length),
    [2, 2, 1],
  )
})

test('a suffix whose servers are dead is not asked elsewhere', async () => {
  const general = await start(honest)
  const gone = await startScriptedServer(() => {})
  gone.close()
  const upstream = upstreamOf([general], { suffixes: new Map([[parseName('corp.example'), [plain(gone.endpoint)]]]) })
  await assert.rejects(ask(upstream, 'db.corp.example'), { kind: 'network' })
  assert.equal(general.asked.length, 0)
})
