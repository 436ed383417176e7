import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { closeSocket, openConnectedSocket } from '../../src/linux/datagram/socket.ts'
import { check, libc } from '../../src/linux/libc.ts'
import { encode, respond } from '../resolver/world.ts'
import { exchangeUdp, startServer } from './client.ts'

const SOL_UDP = 17
const UDP_GRO = 104

test('replies of one length to one client leave as one message, whatever has been read before from clients of the other family', async (context) => {
  const { port, server } = await startServer(context, [], (question) => respond(question, {}), { batches: true })
  assert.deepEqual(await server.setEndpoints([...server.endpoints, { address: '::1', port: 0 }]), [])
  const other = server.endpoints.find(({ address }) => address === '::1')!
  const query = encode('example.net', 'A')
  const { length } = await exchangeUdp(other.port, query, '::1')

  const descriptor = openConnectedSocket('127.0.0.1', port)
  context.after(() => closeSocket(descriptor))
  // Shows messages as they were sent, and not the datagrams that they were cut into.
  check('setsockopt', () => libc.setsockopt(descriptor, SOL_UDP, UDP_GRO, Int32Array.of(1), 4))
  const batch = new Batch(65_535, false)
  for (let slot = 0; slot < 3; slot++) {
    batch.slots[slot]!.set(query)
    batch.fill(slot, query.length)
  }
  // On loopback all are there at once, before the server's next turn.
  assert.equal(batch.send(descriptor, 3), 0)
  while (server.counters.udpQueries < 4) await new Promise((turn) => setImmediate(turn))
  const received = new Batch(65_535, false)
  assert.deepEqual([received.receive(descriptor), received.lengthOf(0)], [1, 3 * length])
})
