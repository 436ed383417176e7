import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { a, decode, encode, policyOf, respond, type Script } from '../resolver/world.ts'
import { eventually } from '../support/wait.ts'
import { connectTcp, framed, startServer } from './client.ts'

const answering: Script = (question) => respond(question, { answers: [a(question.name, '192.0.2.1')] })

test('queries may be split anywhere and come several at once', async (context) => {
  const { port } = await startServer(context, ['example.org'], answering)
  const stream = await connectTcp(context, port)
  const both = Buffer.concat([framed(encode('example.net', 'A')), framed(encode('example.com', 'A'))])
  for (const octet of both.subarray(0, 40)) {
    stream.write(Uint8Array.of(octet))
    await new Promise((turn) => setImmediate(turn))
  }
  stream.write(both.subarray(40))
  assert.equal(decode((await stream.receive())!).questions?.[0]?.name, 'example.net')
  assert.equal(decode((await stream.receive())!).questions?.[0]?.name, 'example.com')
})

test('replies come in the order in which they are ready', async (context) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { port } = await startServer(context, ['slow.org', 'fast.org'], async (question) => {
    if (question.name === 'slow.org') await promise
    return answering(question)
  })
  const stream = await connectTcp(context, port)
  for (const name of ['slow.org', 'fast.org', 'denied.org']) stream.send(encode(name, 'A'))
  assert.equal(decode((await stream.receive())!).questions?.[0]?.name, 'denied.org')
  assert.equal(decode((await stream.receive())!).questions?.[0]?.name, 'fast.org')
  resolve()
  assert.equal(decode((await stream.receive())!).questions?.[0]?.name, 'slow.org')
})

test('of each connection a few queries are answered in one turn, however many wait, and all of them in the end', async (context) => {
  const { port, server } = await startServer(context, [], answering)
  const streams = [await connectTcp(context, port), await connectTcp(context, port)]
  const queries = Buffer.concat(Array.from({ length: 1_000 }, () => framed(encode('example.net', 'A'))))
  for (const { socket } of streams) {
    socket.write(queries)
    socket.end()
  }
  const perTurn: number[] = []
  for (let before = 0; before < 2_000; ) {
    await new Promise((turn) => setImmediate(turn))
    perTurn.push(server.counters.tcpQueries - before)
    before = server.counters.tcpQueries
  }
  assert.ok(Math.max(...perTurn) <= 2 * 16, perTurn.join(' '))
  for (const stream of streams) {
    for (let replies = 0; replies < 1_000; replies++) assert.equal(decode((await stream.receive())!).rcode, 'NXDOMAIN')
    assert.equal(await stream.receive(), undefined)
  }
})

test('what is truncated over UDP is whole over TCP', async (context) => {
  const addresses = Array.from({ length: 200 }, (_, index) => a('example.org', `192.0.2.${index}`))
  const { port } = await startServer(context, ['example.org'], (question) => respond(question, { answers: addresses }))
  const stream = await connectTcp(context, port)
  stream.send(encode('example.org', 'A'))
  assert.equal(decode((await stream.receive())!).answers?.length, 200)
})

test('a client that shuts its side after the last query gets all replies, then the end', async (context) => {
  const { port } = await startServer(context, ['example.org'], answering)
  const stream = await connectTcp(context, port)
  stream.send(encode('example.org', 'A'))
  stream.send(encode('example.net', 'A'))
  stream.socket.end()
  const rcodes = [decode((await stream.receive())!).rcode, decode((await stream.receive())!).rcode]
  assert.deepEqual(rcodes.sort(), ['NOERROR', 'NXDOMAIN'])
  assert.equal(await stream.receive(), undefined)
})

test('an idle connection is closed, one with a query in flight is not', async (context) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const script: Script = (question) => promise.then(() => answering(question))
  const { port } = await startServer(context, ['example.org'], script, { limits: { idleMs: 60 } })
  const idle = await connectTcp(context, port)
  const waiting = await connectTcp(context, port)
  waiting.send(encode('example.org', 'A'))
  idle.write(Uint8Array.of(0)) // a trickle without a whole query is idleness too
  assert.equal(await idle.receive(), undefined)
  resolve()
  assert.equal(decode((await waiting.receive())!).answers?.length, 1)
})

test('connections are bounded for each source, and room comes back', async (context) => {
  const limits = { connections: { mostInAll: 10, mostPerClient: 1 } }
  const { port } = await startServer(context, [], answering, { limits })
  const first = await connectTcp(context, port)
  first.send(encode('a', 'A'))
  await first.receive()
  assert.equal(await (await connectTcp(context, port)).receive(), undefined)
  first.socket.destroy()
  await once(first.socket, 'close')
  await connectWhenThereIsRoom(context, port)
})

test('a client that may choose among source addresses has one share of the connections', async (context) => {
  const limits = { connections: { mostInAll: 10, mostPerClient: 2 } }
  const { port, server } = await startServer(context, [], answering, { limits })
  const [, , third] = [2, 3, 4].map((last) => connectTcp(context, port, '127.0.0.1', `127.0.0.${last}`))
  assert.equal(await (await third)!.receive(), undefined)
  assert.equal(server.counters.dropped, 1)
})

test('whoever has no name has three shares for all its addresses, and whoever has one is let in beside it', async (context) => {
  const limits = { connections: { mostInAll: 100, mostPerClient: 1 } }
  const policy = policyOf([], { clients: [{ name: 'named', prefixes: [parsePrefix('10.0.0.9')!] }] })
  const clientOf = (text: string) => {
    const source = parseAddress(text.replace('127.', '10.'))!
    return { client: policy.clientAt(source), source }
  }
  const { port, server } = await startServer(context, [], answering, { limits, clientOf })
  const streams = []
  for (const last of [2, 3, 4, 5, 9]) streams.push(await connectTcp(context, port, '127.0.0.1', `127.0.0.${last}`))
  assert.equal(await streams[3]!.receive(), undefined)
  streams[4]!.send(encode('a', 'A'))
  assert.equal(decode((await streams[4]!.receive())!).rcode, 'NXDOMAIN')
  assert.deepEqual([server.counters.dropped, server.counters.tcpConnections], [1, 4])
})

test('all who may not ask have one share of the connections, whatever their addresses, and are told so as long as it lasts', async (context) => {
  const limits = { connections: { mostInAll: 10, mostPerClient: 2 } }
  const { port, server } = await startServer(context, [], answering, { limits, clientOf: () => undefined })
  const [first, , third] = await Promise.all([2, 3, 4].map((last) => connectTcp(context, port, '127.0.0.1', `127.0.0.${last}`)))
  first!.send(encode('a', 'A'))
  assert.equal(decode((await first!.receive())!).rcode, 'REFUSED')
  assert.equal(await third!.receive(), undefined)
  assert.equal(server.counters.dropped, 1)
})

test('messages without a reply keep no connection open', async (context) => {
  const { port } = await startServer(context, [], answering, { limits: { idleMs: 150 } })
  const stream = await connectTcp(context, port)
  const timer = setInterval(() => stream.send(new Uint8Array(0)), 20)
  context.after(() => clearInterval(timer))
  assert.equal(await stream.receive(), undefined)
})

test('a client that resets its connection disturbs nobody', async (context) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { port, server, errors } = await startServer(context, ['example.org'], (question) => promise.then(() => answering(question)))
  const rude = await connectTcp(context, port)
  rude.send(encode('example.org', 'A'))
  while (server.counters.tcpQueries === 0) await new Promise((turn) => setImmediate(turn))
  rude.socket.resetAndDestroy()
  await once(rude.socket, 'close')
  resolve()
  const next = await connectTcp(context, port)
  next.send(encode('example.org', 'A'))
  assert.equal(decode((await next.receive())!).answers?.length, 1)
  assert.equal(errors.length, 0)
})

test('a client that does not read its replies is not read from either, and is let go when idle', async (context) => {
  const addresses = Array.from({ length: 1000 }, (_, index) => a('example.org', `192.0.${index >> 8}.${index & 255}`))
  const limits = { connections: { mostInAll: 10, mostPerClient: 1 }, idleMs: 500 }
  const { port, server } = await startServer(context, ['example.org'], (question) => respond(question, { answers: addresses }), { limits })
  const queries = 5_000
  const pipelined = Buffer.concat(Array<Buffer>(queries).fill(framed(encode('example.org', 'A'))))
  const stream = await connectTcp(context, port)
  stream.send(encode('example.org', 'A'))
  await stream.receive()
  stream.socket.pause()
  stream.write(pipelined)
  await connectWhenThereIsRoom(context, port)
  assert.ok(server.counters.tcpQueries > 10 && server.counters.tcpQueries < queries, `${server.counters.tcpQueries}`)
})

test('of a connection with 128 queries in flight no more is read, until one of them is answered', async (context) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { port, asked } = await startServer(context, ['*.example.org'], (question) => promise.then(() => answering(question)))
  const [busy, other] = [await connectTcp(context, port), await connectTcp(context, port)]
  busy.write(Buffer.concat(Array.from({ length: 200 }, (_, index) => framed(encode(`n${index}.example.org`, 'A')))))
  await eventually('some wait', () => asked.length >= 128)
  other.send(encode('denied.org', 'A'))
  await other.receive()
  assert.equal(asked.length, 128)
  resolve()
  for (let replies = 0; replies < 200; replies++) assert.ok(await busy.receive(), `${replies} of 200`)
})

test('a client that leaves large replies unread while more become ready is hung up on', async (context) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const text = { type: 'TXT', ttl: 300, data: Array.from({ length: 230 }, () => Buffer.alloc(255, 'x')) }
  const script: Script = (question) => promise.then(() => respond(question, { answers: [{ ...text, name: question.name }] }))
  const { port, server } = await startServer(context, ['*.example.org types=TXT'], script)
  const stream = await connectTcp(context, port)
  stream.socket.pause()
  for (let index = 0; index < 128; index++) stream.send(encode(`n${index}.example.org`, 'TXT'))
  while (server.counters.tcpQueries < 128) await new Promise((turn) => setImmediate(turn))
  resolve()
  await eventually('it is hung up on', () => server.counters.dropped === 1)
})

async function connectWhenThereIsRoom(context: TestContext, port: number): Promise<void> {
  for (;;) {
    const stream = await connectTcp(context, port)
    stream.send(encode('a', 'A'))
    if ((await stream.receive()) !== undefined) return
  }
}
