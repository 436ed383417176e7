// A million broken packets through the real sockets. SALLYPORT_MUTATIONS says how many instead, SALLYPORT_SEED which.

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import packet from 'dns-packet'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { BATCH } from '../../src/linux/datagram/layout.ts'
import { closeSocket, openConnectedSocket } from '../../src/linux/datagram/socket.ts'
import { a, answersOf, decode, encode, respond } from '../resolver/world.ts'
import { startServer } from '../server/client.ts'
import { createRandom } from '../support/random.ts'
import { writeMutation } from './mutation.ts'

const COUNT = Number(process.env.SALLYPORT_MUTATIONS ?? 1_000_000)
const SEED = Number(process.env.SALLYPORT_SEED ?? Date.now() % 2 ** 31)
const ROUND = 1000
const PATIENCE_MS = 5_000
/** Of living objects: the cache of the resolver is bounded, and nothing else may grow. */
const MOST_GROWTH_OCTETS = 8 << 20

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const turn = () => new Promise<void>((next) => setImmediate(next))

function livingOctets(): number {
  collect()
  return process.memoryUsage().heapUsed + process.memoryUsage().external
}

/** Answers a good query must get. The reply is awaited, not asked for again: nothing may be lost on loopback that we read in time. */
async function assertAnswers(socket: Socket, port: number): Promise<void> {
  socket.send(encode('www.example', 'A'), port, '127.0.0.1')
  const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Buffer]
  assert.deepEqual(answersOf(decode(reply)), ['A 192.0.2.1'])
}

/** What comes back for rubbish is a reply that others can read, with the ID that was asked with. */
function checkReplies(batch: Batch, descriptor: number): number {
  let replies = 0
  for (let count = batch.receive(descriptor); count > 0; count = batch.receive(descriptor)) {
    for (let slot = 0; slot < count; slot++) {
      const reply = Buffer.from(batch.slots[slot]!.subarray(0, batch.lengthOf(slot)))
      assert.ok(reply.length >= 12 && reply.length <= 1232 && reply[2]! & 0x80, reply.toString('hex'))
      assert.doesNotThrow(() => packet.decode(reply), reply.toString('hex'))
      replies++
    }
  }
  return replies
}

for (const [way, batches] of [
  ['in batches', true],
  ['one by one', false],
] as const)
  test(`${COUNT / 2} mutated packets (${way}): no crash, no leak, and a good query is answered after each thousand`, async (context) => {
    const world = await startServer(
      context,
      ['www.example', '*.wild.example'],
      (question) => respond(question, { answers: [a(question.name, '192.0.2.1', 1)] }),
      { batches },
    )
    const { port, server, errors } = world
    const random = createRandom(SEED)
    const [outgoing, incoming] = [new Batch(1500, false), new Batch(1500, false)]
    const descriptor = openConnectedSocket('127.0.0.1', port)
    const good = createSocket('udp4')
    context.after(() => {
      closeSocket(descriptor)
      good.close()
    })
    let replies = 0
    let before = 0
    const startedAt = performance.now()
    for (let sent = 0; sent < COUNT / 2; sent += ROUND) {
      for (let left = ROUND; left > 0; left -= BATCH) {
        const many = Math.min(left, BATCH)
        for (let slot = 0; slot < many; slot++) outgoing.fill(slot, writeMutation(random, outgoing.slots[slot]!))
        assert.equal(outgoing.send(descriptor, many), 0, `seed ${SEED}`)
        await turn()
        replies += checkReplies(incoming, descriptor)
      }
      await assertAnswers(good, port)
      for (const notes of [world.asked, world.denied, world.kernel.requests]) notes.length = 0
      if (sent === COUNT / 20) before = livingOctets()
    }
    assert.deepEqual([errors, server.counters.errors], [[], 0], `seed ${SEED}`)
    assert.ok(server.counters.udpQueries >= COUNT / 2, `${server.counters.udpQueries} of ${COUNT / 2} arrived`)
    const growth = livingOctets() - before
    const seconds = (performance.now() - startedAt) / 1000
    context.diagnostic(
      `${COUNT / 2} packets in ${seconds.toFixed(1)} s, ${replies} replies, living objects grew by ${growth} octets, seed ${SEED}`,
    )
    assert.ok(growth < MOST_GROWTH_OCTETS, `grew by ${growth} octets, seed ${SEED}`)
  })
