// RFC 7766: TCP, of clients towards us and of ours towards an upstream.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after, type TestContext, test } from 'node:test'
import { FrameReader } from '../../src/dns/frame.ts'
import { decode, encode } from '../resolver/world.ts'
import { connectTcp, framed, type Stream } from '../server/client.ts'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

/** Over UDP everything is truncated, so that every question comes over TCP. */
const udp = await startScriptedServer(({ query, reply }) => {
  const cut = answerTo(query)
  cut[2] = cut[2]! | 0x02
  reply(cut)
}, 'udp')
const atOnce = (query: Buffer, connection: Socket): void => void connection.write(framed(answerTo(query)))
let script = atOnce
let connections = 0
const tcp = createServer({ allowHalfOpen: true }, (connection) => {
  connections++
  const frames = new FrameReader()
  connection.on('error', () => {})
  connection.on('end', () => connection.end())
  connection.on('data', (chunk) => {
    frames.push(chunk)
    for (let query = frames.next(); query !== undefined; query = frames.next()) script(query, connection)
  })
})
await once(tcp.listen(udp.endpoint.port, '127.0.0.1'), 'listening')
const rig = await startRig({ entries: ['*.example'], upstream: udp.endpoint, limits: { idleMs: 400 } })
after(async () => {
  await rig.close()
  udp.close()
  tcp.close()
})

const connect = (context: TestContext) => connectTcp(context, 53)
const nameOf = (message: Uint8Array) => decode(message).questions?.[0]?.name

async function receive(stream: Stream, count: number): Promise<Buffer[]> {
  const messages: Buffer[] = []
  while (messages.length < count) {
    const message = await stream.receive()
    assert.ok(message, `closed after ${messages.length} of ${count}`)
    messages.push(message)
  }
  return messages
}

test('queries are pipelined, and each reply comes as soon as it is ready (sections 6.2.1.1 and 7)', async (context) => {
  script = (query, connection) => void setTimeout(() => connection.write(framed(answerTo(query))), 5 * Number(nameOf(query)!.slice(1, 3)))
  const stream = await connect(context)
  for (const number of ['30', '20', '10']) stream.send(encode(`n${number}.example`, 'A'))
  assert.deepEqual((await receive(stream, 3)).map(nameOf), ['n10.example', 'n20.example', 'n30.example'])
})

test('the reply has the ID of its query, and each of two queries for one name has its own', async (context) => {
  script = atOnce
  const stream = await connect(context)
  const [one, other] = [Buffer.from(encode('same.example', 'A')), Buffer.from(encode('same.example', 'A'))]
  one.writeUInt16BE(1, 0)
  other.writeUInt16BE(2, 0)
  stream.send(one)
  stream.send(other)
  assert.deepEqual((await receive(stream, 2)).map((reply) => reply.readUInt16BE(0)).sort(), [1, 2])
})

test('a length prefix that arrives in two segments is one length (section 8)', async (context) => {
  const stream = await connect(context)
  stream.socket.setNoDelay(true)
  const octets = framed(encode('split.example', 'A'))
  for (const part of [octets.subarray(0, 1), octets.subarray(1, 2), octets.subarray(2, 20), octets.subarray(20)]) {
    stream.write(part)
    await new Promise((later) => setTimeout(later, 20))
  }
  assert.equal(nameOf((await stream.receive())!), 'split.example')
})

test('our length prefix and message leave in one segment (section 8)', async (context) => {
  const stream = await connect(context)
  const first = once(stream.socket, 'data')
  stream.send(encode('denied.invalid', 'A'))
  const [chunk] = (await first) as [Buffer]
  assert.equal(chunk.length, 2 + chunk.readUInt16BE(0))
})

test('a client that shuts its side gets what it still waits for, and then the end', async (context) => {
  script = (query, connection) => void setTimeout(() => connection.write(framed(answerTo(query))), 50)
  const stream = await connect(context)
  stream.send(encode('half-closed.example', 'A'))
  stream.socket.end()
  assert.equal(nameOf((await stream.receive())!), 'half-closed.example')
  assert.equal(await stream.receive(), undefined)
})

test('an idle connection is closed, a connection in use is not (section 6.2.3)', async (context) => {
  const [idle, busy] = [await connect(context), await connect(context)]
  const startedAt = performance.now()
  const closed = idle.receive()
  for (let count = 0; count < 5; count++) {
    busy.send(encode('denied.invalid', 'A'))
    assert.ok(await busy.receive())
    await new Promise((later) => setTimeout(later, 150))
  }
  assert.equal(await closed, undefined)
  assert.ok(performance.now() - startedAt > 380)
})

test('a message that is no query, and so has no reply, does no harm to those behind it', async (context) => {
  const stream = await connect(context)
  const response = answerTo(Buffer.from(encode('www.example', 'A')))
  for (const odd of [Buffer.alloc(0), Buffer.alloc(3), response, Buffer.alloc(12, 0xff)]) stream.send(odd)
  stream.send(encode('denied.invalid', 'A'))
  assert.equal(nameOf((await stream.receive())!), 'denied.invalid')
})

test('dig and kdig keep the connection open over several questions', async () => {
  const dug = await rig.dig('+tcp', '+keepopen', 'a.invalid', 'b.invalid', 'c.invalid')
  assert.equal(dug.match(/status: NXDOMAIN/g)?.length, 3)
  const kdug = await rig.kdig('+tcp', '+keepopen', 'd.invalid', 'e.invalid')
  assert.equal(kdug.match(/status: NXDOMAIN/g)?.length, 2)
})

test('towards upstream one connection carries many questions, and replies are matched in any order', async (context) => {
  const held: [Buffer, Socket][] = []
  script = (query, connection) => {
    held.push([query, connection])
    if (held.length === 20) for (const [one, on] of held.reverse()) on.write(framed(answerTo(one)))
  }
  const before = connections
  const stream = await connect(context)
  for (let index = 0; index < 20; index++) stream.send(encode(`pipelined${index}.example`, 'A'))
  const replies = await receive(stream, 20)
  assert.ok(replies.every((reply) => decode(reply).answers?.length === 1))
  assert.ok(connections - before <= 1, `${connections - before} connections`)
})

test('an answer of upstream that comes octet by octet is put together', async () => {
  script = async (query, connection) => {
    connection.setNoDelay(true)
    for (const octet of framed(answerTo(query))) {
      connection.write(Uint8Array.of(octet))
      await new Promise((later) => setImmediate(later))
    }
  }
  assert.match(await rig.dig('octets.example'), /192\.0\.2\.1\n/)
})

const ENDINGS: [string, (connection: Socket) => void][] = [
  ['closed', (connection) => connection.end()],
  ['reset', (connection) => connection.resetAndDestroy()],
]
for (const [what, end] of ENDINGS)
  test(`a connection that upstream has ${what} after an answer is opened anew`, async () => {
    script = (query, connection) => connection.write(framed(answerTo(query)), () => end(connection))
    for (let index = 0; index < 4; index++) {
      assert.match(await rig.dig(`${what}${index}.example`), /192\.0\.2\.1\n/)
      await new Promise((later) => setTimeout(later, 20))
    }
  })

test('a connection that upstream cuts in the middle of an answer costs a retry (section 6.2.4)', async () => {
  let isFirst = true
  script = (query, connection) => {
    if (isFirst) connection.end(framed(answerTo(query)).subarray(0, 9))
    else connection.write(framed(answerTo(query)))
    isFirst = false
  }
  assert.match(await rig.dig('cut.example'), /192\.0\.2\.1\n/)
})
