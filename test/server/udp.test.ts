import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { libc } from '../../src/linux/libc.ts'
import { KEEPS_NOTHING, type SocketKeeper } from '../../src/server/keeper.ts'
import type { ServerOptions } from '../../src/server/server.ts'
import { a, answersOf, decode, edeOf, encode, respond, type Script } from '../resolver/world.ts'
import { exchangeUdp, startServer as start } from './client.ts'

const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
const answering: Script = (question) => respond(question, { answers: [a(question.name, '192.0.2.1')] })

type Test = (context: TestContext, startServer: typeof start) => Promise<void>

/** Whatever holds for the portable way holds for the quick one. */
function testBothWays(title: string, run: Test): void {
  for (const [way, batches] of [
    ['in batches', true],
    ['one by one', false],
  ] as const)
    test(`${title} (${way})`, (context) =>
      run(context, (its, entries, script, options) => start(its, entries, script, { ...options, batches })))
}

testBothWays('allowed and denied names are answered over UDP', async (context, startServer) => {
  const { port } = await startServer(context, ['example.org'], answering)
  assert.deepEqual(answersOf(decode(await exchangeUdp(port, encode('Example.org', 'A')))), ['A 192.0.2.1'])
  assert.equal(decode(await exchangeUdp(port, encode('example.org', 'A'))).answers?.length, 1)
  assert.equal(decode(await exchangeUdp(port, encode('example.net', 'A'))).rcode, 'NXDOMAIN')
})

testBothWays('a source that may not ask gets REFUSED with EDE 18', async (context, startServer) => {
  const { port, server } = await startServer(context, ['example.org'], answering, { clientOf: () => undefined })
  const reply = decode(await exchangeUdp(port, encode('example.org', 'A')))
  assert.deepEqual([reply.rcode, edeOf(reply), server.counters.refused], ['REFUSED', [18], 1])
})

/** What comes back for `message`, or 'silence' if the server answers a query sent after it first. */
async function ask(port: number, message: Uint8Array): Promise<Buffer | 'silence'> {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const marker = encode('localhost', 'A')
  marker.set([0xff, 0xfe])
  socket.send(message, port, '127.0.0.1')
  socket.send(marker, port, '127.0.0.1')
  const [reply] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return reply.readUInt16BE(0) === 0xfffe ? 'silence' : reply
}

async function rcodeOf(
  context: TestContext,
  startServer: typeof start,
  change: (query: Uint8Array) => Uint8Array,
): Promise<number | 'silence'> {
  const { port } = await startServer(context, ['example.org'], answering)
  const reply = await ask(port, change(encode('example.org', 'A')))
  return reply === 'silence' ? reply : reply[3]! & 15
}

const set = (at: number, octet: number) => (query: Uint8Array) => {
  query[at] = octet
  return query
}

const BAD: [string, (query: Uint8Array) => Uint8Array, number | 'silence'][] = [
  ['an empty datagram', () => new Uint8Array(0), 'silence'],
  ['eleven octets', (query) => query.slice(0, 11), 'silence'],
  ['a response', set(2, 0x81), 'silence'],
  ['a header alone', (query) => query.slice(0, 12), 1],
  ['half a question', (query) => query.slice(0, 20), 1],
  ['two questions', set(5, 2), 1],
  ['no question', set(5, 0), 1],
  ['a pointer loop as name', (query) => set(13, 12)(set(12, 0xc0)(query)), 1],
  ['opcode STATUS', set(2, 0x11), 4],
  ['opcode 15', set(2, 0x79), 4],
  ['class CH', set(12 + 13 + 3, 3), 5],
  ['class ANY', set(12 + 13 + 3, 255), 5],
]
for (const [what, change, expected] of BAD)
  testBothWays(`${what}: ${expected === 'silence' ? 'no reply' : `RCODE ${expected}`}`, async (context, startServer) => {
    assert.equal(await rcodeOf(context, startServer, change), expected)
  })

testBothWays('a query that fails by a bug of ours is SERVFAIL, and the next is answered', async (context, startServer) => {
  const { port, errors, server } = await startServer(context, ['example.org', 'example.net'], (question) => {
    if (question.name === 'example.org') throw new TypeError('oops')
    return answering(question)
  })
  assert.equal(decode(await exchangeUdp(port, encode('example.org', 'A'))).rcode, 'SERVFAIL')
  assert.equal(decode(await exchangeUdp(port, encode('example.net', 'A'))).rcode, 'NOERROR')
  assert.deepEqual([errors.length, server.counters.errors], [1, 1])
})

testBothWays('beyond the bound of waiting queries each fails at once, and room comes back', async (context, startServer) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const script: Script = (question) => promise.then(() => answering(question))
  const limits = { queries: { mostInAll: 10, mostPerClient: 1 } }
  const { port, server } = await startServer(context, ['*.example.org'], script, { limits })
  const waiting = exchangeUdp(port, encode('a.example.org', 'A'))
  while (server.counters.udpQueries === 0) await new Promise((turn) => setImmediate(turn))
  const reply = decode(await exchangeUdp(port, encode('b.example.org', 'A')))
  assert.deepEqual([reply.rcode, server.counters.overloaded], ['SERVFAIL', 1])
  resolve()
  assert.equal(decode(await waiting).rcode, 'NOERROR')
  assert.equal(decode(await exchangeUdp(port, encode('b.example.org', 'A'))).rcode, 'NOERROR')
})

/** Sends a query for each name at once, and resolves with the replies by name when all are there. */
async function askAll(context: TestContext, port: number, names: readonly string[], address = '127.0.0.1'): Promise<Map<string, Buffer>> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((bound) => socket.bind(0, address, bound))
  context.after(() => socket.close())
  const replies = new Map<string, Buffer>()
  const all = new Promise<void>((resolve) => {
    socket.on('message', (reply) => {
      replies.set(decode(reply).questions![0]!.name, reply)
      if (replies.size === names.length) resolve()
    })
  })
  for (const name of names) socket.send(encode(name, 'A'), port, address)
  await all
  return replies
}

const BURST = Array.from({ length: 200 }, (_, index) => index)

testBothWays('replies in a burst do not overwrite each other', async (context, startServer) => {
  const { port, server } = await startServer(context, [], answering)
  const replies = await askAll(
    context,
    port,
    BURST.map((index) => `n${index}.example.net`),
  )
  assert.ok([...replies.values()].every((reply) => decode(reply).rcode === 'NXDOMAIN'))
  assert.equal(server.counters.udpQueries, BURST.length)
})

testBothWays('answers of a burst that have to wait reach those who asked', async (context, startServer) => {
  const script: Script = (question) => respond(question, { answers: [a(question.name, `192.0.2.${/\d+/.exec(question.name)![0]}`)] })
  const { port } = await startServer(context, ['*.example.org'], script)
  const replies = await askAll(
    context,
    port,
    BURST.map((index) => `n${index}.example.org`),
  )
  for (const index of BURST) assert.deepEqual(answersOf(decode(replies.get(`n${index}.example.org`)!)), [`A 192.0.2.${index}`])
})

testBothWays('sources of IPv6 are told apart', async (context, startServer) => {
  const seen = new Set<string>()
  const clientOf: ServerOptions['clientOf'] = (source) => void seen.add(source)
  const { server } = await startServer(context, [], answering, { clientOf })
  assert.deepEqual(await server.setEndpoints([{ address: '::1', port: 0 }]), [])
  const { port } = server.endpoints[0]!
  const replies = await askAll(context, port, ['a', 'b', 'c', 'd'], '::1')
  assert.ok([...replies.values()].every((reply) => decode(reply).rcode === 'REFUSED'))
  assert.deepEqual([...seen], ['::1'])
})

/** A query whose OPT carries an option of zeroes, so that it has this length. */
function paddedTo(octets: number): Uint8Array {
  const query = encode('example.org', 'A')
  const padded = new Uint8Array(octets)
  padded.set(query)
  const options = octets - query.length
  padded.set([options >> 8, options & 255, 0, 12, (options - 4) >> 8, (options - 4) & 255], query.length - 2)
  return padded
}

testBothWays('a query of 4,096 octets is answered, a longer one is cut and so malformed', async (context, startServer) => {
  const { port } = await startServer(context, ['example.org'], answering)
  const rcodes = [4096, 4097, 9000].map(async (octets) => decode(await exchangeUdp(port, paddedTo(octets))).rcode)
  assert.deepEqual(await Promise.all(rcodes), ['NOERROR', 'FORMERR', 'FORMERR'])
})

/** Has the kernel hold more than net.core.rmem_max allows, where we are root on the machine itself (SO_RCVBUFFORCE, socket(7)). */
const enlargingKeeper: SocketKeeper = {
  ...KEEPS_NOTHING,
  keep: (_transport, _endpoint, descriptor) => void libc.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, Int32Array.of(1 << 20), 4),
}

test('however many queries wait, the rest of the process is heard after a thousand', async (context) => {
  const { port, server } = await start(context, [], answering, { batches: true, keeper: enlargingKeeper })
  const socket = createSocket('udp4')
  context.after(() => socket.close())
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const query = encode('example.net', 'A')
  // On loopback what is sent is there at once, as far as it fits into the server's buffer.
  for (let sent = 0; sent < 10_000; sent++) socket.send(query, port, '127.0.0.1')
  const perTurn: number[] = []
  for (let before = 0; perTurn.at(-1) !== 0 || before === 0; ) {
    await new Promise((turn) => setImmediate(turn))
    perTurn.push(server.counters.udpQueries - before)
    before = server.counters.udpQueries
  }
  if (server.counters.udpQueries < 1_500)
    return context.skip('too few fit: net.core.rmem_max is below 1 MiB, and only root may go beyond it')
  assert.ok(Math.max(...perTurn) < 1_024 + 64, perTurn.join(' '))
})

testBothWays('nobody else may bind the port', async (context, startServer) => {
  const { port } = await startServer(context, [], answering)
  const other = createSocket({ type: 'udp4', reuseAddr: true })
  context.after(() => other.close())
  other.bind(port, '127.0.0.1')
  await assert.rejects(once(other, 'listening'), { code: 'EADDRINUSE' })
})

test('what waits at the socket is read in batches only where that is switched on', async (context) => {
  for (const batches of [true, false]) {
    const { port, server } = await start(context, [], answering, { batches })
    await askAll(
      context,
      port,
      BURST.map((index) => `n${index}.example.net`),
    )
    assert.equal(server.counters.udpBatches > 0, batches)
  }
})
