import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { after, test } from 'node:test'
import { Packet, UDPServer } from 'dns2'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { openConnected } from '../../src/linux/datagram/connected.ts'
import { type Endpoint, parseEndpoint } from '../../src/net/endpoint.ts'
import type { OpenSocket } from '../../src/upstream/socket.ts'
import { createUpstream, type Upstream, type UpstreamOptions } from '../../src/upstream/upstream.ts'
import { type Asked, answerTo, lowerCased, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

const closing: (() => void)[] = []
after(() => {
  for (const close of closing) close()
})

async function start(script: (asked: Asked) => void): Promise<ScriptedServer> {
  const server = await startScriptedServer(script)
  closing.push(server.close)
  return server
}

type UpstreamOf = (endpoints: readonly Endpoint[], ownEndpoints?: readonly Endpoint[]) => Upstream & { readonly warnings: string[] }

/** Whatever holds for Node's sockets holds for those that send and receive in batches. */
function testBothWays(title: string, run: (upstreamOf: UpstreamOf) => Promise<void>): void {
  for (const [way, openSocket] of [
    ['in batches', openConnected],
    ['one by one', undefined],
  ] as const)
    test(`${title} (${way})`, () => run((endpoints, ownEndpoints = []) => startUpstream({ endpoints, ownEndpoints, openSocket })))
}

type Start = Pick<UpstreamOptions, 'ownEndpoints' | 'openSocket'> & { readonly endpoints: readonly Endpoint[] }

function startUpstream({ endpoints, ...options }: Start): ReturnType<UpstreamOf> {
  const warnings: string[] = []
  const specs = endpoints.map((endpoint) => ({ kind: 'plain', endpoint }) as const)
  const upstream = createUpstream({ ...options, specs, log: { warn: (_fields, message) => void warnings.push(message) } })
  closing.push(upstream.close)
  return Object.assign(upstream, { warnings })
}

function ask(upstream: Upstream, name = 'www.example.org') {
  return upstream.exchange({ name: parseName(name), type: TYPE.A, dnssecOk: false })
}

const honest = ({ query, reply }: Asked) => reply(answerTo(query))

testBothWays('every query leaves with its own ID, its own letter case and one of many ports', async (upstreamOf) => {
  const server = await start(honest)
  const upstream = upstreamOf([server.endpoint])
  for (let count = 0; count < 64; count++) await ask(upstream)
  const distinct = (of: (asked: Asked) => unknown) => new Set(server.asked.map(of)).size
  assert(distinct(({ query }) => query.readUInt16BE(0)) >= 63)
  assert(distinct(({ query }) => query.toString('latin1', 12)) > 50)
  assert(distinct(({ from }) => from?.port) > 8)
})

testBothWays('a port is used for a while only', async (upstreamOf) => {
  const server = await start(honest)
  const upstream = upstreamOf([server.endpoint])
  for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 64 }, () => ask(upstream)))
  assert(new Set(server.asked.map(({ from }) => from?.port)).size > 30)
})

testBothWays('replies with the wrong ID or question are ignored and counted, and the right one is still taken', async (upstreamOf) => {
  const server = await start(({ query, reply }) => {
    const wrongId = answerTo(query)
    wrongId.writeUInt16BE(wrongId.readUInt16BE(0) ^ 1, 0)
    const wrongName = answerTo(query)
    wrongName[13] = 0x7a
    const notAResponse = answerTo(query)
    notAResponse[2] = notAResponse[2]! & 0x7f
    // As if it could not be read, but with a question: another's.
    const refusal = Buffer.from(wrongName)
    refusal[3] = 1
    for (const forgery of [wrongId, wrongName, notAResponse, refusal, Buffer.alloc(1), Buffer.alloc(0)]) reply(forgery)
    reply(answerTo(query))
  })
  const upstream = upstreamOf([server.endpoint])
  const { answer } = await ask(upstream)
  assert.equal(answer.template.octets.at(-1), 1)
  assert.equal(upstream.status().servers[0]!.wrong, 6)
})

testBothWays('a reply from another port of the server is not taken', async (upstreamOf) => {
  const other = createSocket('udp4')
  closing.push(() => other.close())
  const server = await start(({ query, from, reply }) => {
    const forgery = answerTo(query)
    forgery[forgery.length - 1] = 66
    other.send(forgery, from!.port, from!.address, () => reply(answerTo(query)))
  })
  const { answer } = await ask(upstreamOf([server.endpoint]))
  assert.equal(answer.template.octets.at(-1), 1)
})

testBothWays('a silent server is asked again, and after it the next one, which is then asked first', async (upstreamOf) => {
  const silent = await start(() => {})
  const server = await start(honest)
  const upstream = upstreamOf([silent.endpoint, server.endpoint])
  const first = await ask(upstream)
  assert(first.milliseconds < 500)
  await ask(upstream)
  const questions = server.asked.filter(({ query }) => query.length > 45)
  assert.equal(questions.length, 2)
})

testBothWays('a server whose port is closed costs no time', async (upstreamOf) => {
  const gone = await startScriptedServer(() => {})
  gone.close()
  const server = await start(honest)
  const startedAt = performance.now()
  await ask(upstreamOf([gone.endpoint, server.endpoint]))
  assert(performance.now() - startedAt < 300)
  await assert.rejects(ask(upstreamOf([gone.endpoint])), { name: 'UpstreamError', kind: 'network' })
})

testBothWays('what a server has said counts for more than the silence of another', async (upstreamOf) => {
  const gone = await startScriptedServer(() => {})
  gone.close()
  const failing = await start(({ query, reply }) => reply(answerTo(query, { rcode: 2 })))
  for (const endpoints of [
    [failing.endpoint, gone.endpoint],
    [gone.endpoint, failing.endpoint],
  ])
    await assert.rejects(ask(upstreamOf(endpoints)), { name: 'RcodeError', rcode: 2 })
})

testBothWays('when one server cannot say, another is asked; when none can, its word is handed on', async (upstreamOf) => {
  const failing = await start(({ query, reply }) => reply(answerTo(query, { rcode: 2 })))
  const server = await start(honest)
  const { answer } = await ask(upstreamOf([failing.endpoint, server.endpoint]))
  assert.equal(answer.kind, 'data')
  await assert.rejects(ask(upstreamOf([failing.endpoint])), { name: 'RcodeError', rcode: 2 })
  assert.equal(failing.asked.length, 2)
})

testBothWays('an upstream that lower-cases is answered over TCP once, and then asked in plain case', async (upstreamOf) => {
  const server = await start(({ query, reply }) => reply(lowerCased(answerTo(query))))
  const upstream = upstreamOf([server.endpoint])
  for (let count = 0; count < 5; count++) await ask(upstream, 'a-name-with-enough-letters.example.org')
  assert.deepEqual(
    server.asked.map(({ transport }) => transport),
    ['udp', 'tcp', 'udp', 'udp', 'udp', 'udp'],
  )
  assert.equal(upstream.status().servers[0]!.foldsCase, true)
})

testBothWays('a forger who lower-cases does not talk us out of 0x20', async (upstreamOf) => {
  const server = await start(({ query, transport, reply }) => reply(transport === 'udp' ? lowerCased(answerTo(query)) : answerTo(query)))
  const upstream = upstreamOf([server.endpoint])
  await ask(upstream, 'a-name-with-enough-letters.example.org')
  assert.equal(upstream.status().servers[0]!.foldsCase, false)
})

testBothWays('a truncated answer is asked for again over TCP and comes whole', async (upstreamOf) => {
  const server = await start(({ query, transport, reply }) => {
    const whole = answerTo(query)
    const cut = Buffer.from(whole)
    cut[2] = cut[2]! | 0x02
    reply(transport === 'udp' ? cut : whole)
  })
  const { answer } = await ask(upstreamOf([server.endpoint]))
  assert.equal(answer.addresses.length, 1)
  assert.deepEqual(
    server.asked.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

test('what is truncated late is asked for over TCP for no longer than is left of the deadline', async () => {
  const server = await start(({ query, transport, reply }) => {
    if (transport === 'tcp') return
    const cut = answerTo(query)
    cut[2] = cut[2]! | 0x02
    setTimeout(reply, 4_000, cut)
  })
  const upstream = startUpstream({ endpoints: [server.endpoint], ownEndpoints: [], openSocket: openConnected })
  const startedAt = performance.now()
  await assert.rejects(ask(upstream), { name: 'UpstreamError' })
  // 4.5 s are promised; with the whole time anew for TCP it would be 8.5.
  assert.ok(performance.now() - startedAt < 6_500)
  assert.ok(server.asked.some(({ transport }) => transport === 'tcp'))
})

testBothWays('our own address is never forwarded to, and the log says so once', async (upstreamOf) => {
  const own = parseEndpoint('127.0.0.1:5300', 53)!
  const upstream = upstreamOf([own], [own])
  await assert.rejects(ask(upstream), { name: 'UpstreamError', kind: 'no-server' })
  assert.deepEqual(upstream.warnings, ['upstream 127.0.0.1:5300: that is sallyport itself; left out'])
})

const hasOpt = (query: Buffer) => query.readUInt16BE(10) > 0
const refusal = (query: Buffer) => Buffer.from([...query.subarray(0, 2), 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0])

testBothWays('what is under way when a server is found not to know OPT is asked again without it, all of it', async (upstreamOf) => {
  const first: Asked[] = []
  const old = await start((asked) => {
    if (!hasOpt(asked.query)) return honest(asked)
    if (first.push(asked) === 8) for (const { query, reply } of first) reply(refusal(query))
  })
  const upstream = upstreamOf([old.endpoint])
  await Promise.all(Array.from({ length: 8 }, () => ask(upstream)))
  assert.equal(old.asked.length, 16)
})

testBothWays('an error without the question is believed of OPT alone: else it is asked over a connection', async (upstreamOf) => {
  const old = await start(({ query, transport, reply }) => reply(hasOpt(query) || transport === 'udp' ? refusal(query) : answerTo(query)))
  const { answer } = await ask(upstreamOf([old.endpoint]))
  assert.deepEqual(answer.addresses, ['192.0.2.1'])
  assert.deepEqual(
    old.asked.map(({ query, transport }) => `${transport} ${hasOpt(query)}`),
    ['udp true', 'udp false', 'tcp false'],
  )
})

/** Whose buffer holds something else as soon as a reply has been handed over. */
const openSpoiled: OpenSocket = (server, events) =>
  openConnected(server, {
    ...events,
    onMessage: (message) => {
      events.onMessage(message)
      message.fill(0xee)
    },
  })

for (const [what, toOpt] of [
  ['knows OPT', answerTo],
  ['does not know OPT and leaves the question out', refusal],
  ['does not know OPT', (query: Buffer) => answerTo(query, { rcode: 1 })],
] as const)
  test(`a reply of a server that ${what} is read before its buffer is used for the next`, async () => {
    const server = await start(({ query, reply }) => reply(hasOpt(query) ? toOpt(query) : answerTo(query)))
    const { answer } = await ask(startUpstream({ endpoints: [server.endpoint], ownEndpoints: [], openSocket: openSpoiled }))
    assert.deepEqual(answer.addresses, ['192.0.2.1'])
    assert.equal(answer.template.octets.at(-1), 1)
    assert.ok(server.asked.every(({ transport }) => transport === 'udp'))
  })

testBothWays('an upstream that forwards to us is noticed at its first silence and left out', async (upstreamOf) => {
  const arriving: Buffer[] = []
  const forwarder = await start(({ query }) => {
    arriving.push(query)
    const labels = query.toString('latin1', 12, query.length - 15).toLowerCase()
    if (labels.includes('sallyport-loop-')) assert(upstream.isLoopProbe(parseName(`${labels.slice(1, 48)}.example.net`)))
  })
  const upstream = upstreamOf([forwarder.endpoint])
  await assert.rejects(ask(upstream), { name: 'UpstreamError' })
  assert.equal(arriving.length, 3)
  assert.deepEqual(upstream.warnings, ['upstream forwards back to sallyport; left out for a minute'])
  await assert.rejects(ask(upstream), { kind: 'no-server' })
  assert.equal(upstream.isLoopProbe(parseName('sallyport-loop-00.example.net')), false)
})

testBothWays('beyond the bound of queries in flight the failure is immediate', async (upstreamOf) => {
  const silent = await start(() => {})
  const upstream = upstreamOf([silent.endpoint])
  const waiting = Array.from({ length: 8192 }, () => ask(upstream).catch(() => {}))
  await assert.rejects(ask(upstream), { kind: 'overload' })
  upstream.close()
  await Promise.all(waiting)
})

testBothWays("dns2's server answers us", async (upstreamOf) => {
  const server = new UDPServer((request, send) => {
    const response = Packet.createResponseFromRequest(request)
    const { name } = request.questions[0]!
    response.answers.push(new Packet.Resource({ name, type: Packet.TYPE.A, class: Packet.CLASS.IN, ttl: 60, address: '192.0.2.1' }))
    void send(response)
  })
  await server.listen(0, '127.0.0.1')
  closing.push(() => void server.close())
  const { answer } = await ask(upstreamOf([parseEndpoint(`127.0.0.1:${server.address().port}`, 53)!]))
  assert.deepEqual(answer.addresses, ['192.0.2.1'])
})
