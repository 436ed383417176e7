import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { closeSocket, openConnectedSocket, setBuffers } from '../../src/linux/datagram/socket.ts'
import { PENDING } from '../../src/resolver/resolver.ts'
import type { ServerOptions } from '../../src/server/server.ts'
import { createRandom } from '../support/random.ts'
import { eventually } from '../support/wait.ts'
import { startServer } from './client.ts'

const CLIENTS = 2_000
const BURSTS = 200
/** Fewer than fit a socket's buffer by default (net.core.rmem_default). */
const QUERIES_IN_BURST = 150
/** Few, so that many replies to one client leave as one message. */
const LENGTHS = [8, 40, 40, 40, 41, 512, 1232, 1500]
const HEADER_OCTETS = 8
const seed = Date.now() | 0
const { below, pick } = createRandom(seed)

/** Whose it is, the how manieth, how long its reply is to be, and for how many turns that is to wait. */
function queryOf(client: number, place: number, length: number, turns: number): Buffer {
  const query = Buffer.alloc(HEADER_OCTETS)
  for (const [index, value] of [client, place, length, turns].entries()) query.writeUInt16BE(value, index * 2)
  return query
}

/** The query, and then octets that follow from it. */
function writeReply(query: Uint8Array, reply: Uint8Array): number {
  const length = (query[4]! << 8) | query[5]!
  reply.set(query.subarray(0, HEADER_OCTETS))
  reply.fill((query[1]! ^ (query[3]! * 7)) & 255, HEADER_OCTETS, length)
  return length
}

const resolver: ServerOptions['resolver'] = {
  answer: (query, _length, _asker, reply) => (query[7] === 0 ? writeReply(query, reply) : PENDING),
  resolve: async (query) => {
    for (let left = query[7]!; left > 0; left--) await new Promise((turn) => setImmediate(turn))
    const reply = new Uint8Array(1500)
    return reply.slice(0, writeReply(query, reply))
  },
}

const outgoing = new Batch(HEADER_OCTETS, false)
const incoming = new Batch(1500, false)

function ask(descriptor: number, query: Buffer): void {
  outgoing.slots[0]!.set(query)
  outgoing.fill(0, query.length)
  assert.equal(outgoing.send(descriptor, 1), 0)
}

function receive(descriptor: number, replies: Buffer[]): number {
  const count = incoming.receive(descriptor)
  for (let slot = 0; slot < count; slot++) replies.push(Buffer.from(incoming.slots[slot]!.subarray(0, incoming.lengthOf(slot))))
  return count
}

/** Those that had to wait may overtake each other; the others keep their order. */
function inOrder(replies: readonly Buffer[]): string[] {
  const atOnce = replies.filter((reply) => reply[7] === 0)
  const waited = replies.filter((reply) => reply[7] !== 0).sort(Buffer.compare)
  return [...atOnce, ...waited].map((reply) => reply.toString('hex'))
}

test(`each of ${CLIENTS} clients of both families gets its own replies, whole and in order, and nobody else's (seed ${seed})`, async (context) => {
  const { port, server } = await startServer(context, [], () => assert.fail(), { resolver, batches: true })
  assert.deepEqual(await server.setEndpoints([...server.endpoints, { address: '::1', port }]), [])
  const clients = Array.from({ length: CLIENTS }, (_, index) => openConnectedSocket(index % 2 === 0 ? '127.0.0.1' : '::1', port))
  context.after(() => clients.forEach(closeSocket))
  // All replies of a burst may be one client's.
  for (const client of clients) setBuffers(client, 1 << 20)

  for (let burst = 0; burst < BURSTS; burst++) {
    const active = Array.from({ length: 1 + below(100) }, () => below(CLIENTS))
    const expected = new Map(active.map((client) => [client, [] as Buffer[]]))
    const received = new Map(active.map((client) => [client, [] as Buffer[]]))
    for (let place = 0; place < QUERIES_IN_BURST; place++) {
      const client = pick(active)
      const query = queryOf(client, place, pick(LENGTHS), pick([0, 0, 0, 1, 2]))
      const reply = Buffer.alloc(1500)
      expected.get(client)!.push(reply.subarray(0, writeReply(query, reply)))
      ask(clients[client]!, query)
    }
    let left = QUERIES_IN_BURST
    await eventually('all replies are there', () => {
      for (const [client, replies] of received) left -= receive(clients[client]!, replies)
      return left <= 0
    })
    for (const [client, replies] of expected) assert.deepEqual(inOrder(received.get(client)!), inOrder(replies), `client ${client}`)
  }
  assert.equal(server.counters.dropped, 0)
  for (const client of clients) assert.equal(receive(client, []), 0)
})
