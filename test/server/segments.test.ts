import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { closeSocket, openConnectedSocket } from '../../src/linux/datagram/socket.ts'
import { check, libc } from '../../src/linux/libc.ts'
import { encode, respond } from '../resolver/world.ts'
import { exchangeUdp, startServer } from './client.ts'

const SOL_UDP = 17
const UDP_GRO = 104
const QUERY = encode('example.net', 'A')

/** Asks three times at once. Returns how many messages came back, shown as they were sent, and the length of the first. */
async function askThrice(context: TestContext, { port, server }: Awaited<ReturnType<typeof startServer>>): Promise<number[]> {
  const descriptor = openConnectedSocket('127.0.0.1', port)
  context.after(() => closeSocket(descriptor))
  // Shows messages as they were sent, and not the datagrams that they were cut into.
  check('setsockopt', () => libc.setsockopt(descriptor, SOL_UDP, UDP_GRO, Int32Array.of(1), 4))
  const batch = new Batch(65_535, false)
  for (let slot = 0; slot < 3; slot++) {
    batch.slots[slot]!.set(QUERY)
    batch.fill(slot, QUERY.length)
  }
  const before = server.counters.udpQueries
  // On loopback all are there at once, before the server's next turn.
  assert.equal(batch.send(descriptor, 3), 0)
  while (server.counters.udpQueries < before + 3) await new Promise((turn) => setImmediate(turn))
  const received = new Batch(65_535, false)
  return [received.receive(descriptor), received.lengthOf(0)]
}

test('replies of one length to one client leave as one message, whatever has been read before from clients of the other family', async (context) => {
  const { server, ...rest } = await startServer(context, [], (question) => respond(question, {}), { batches: true })
  assert.deepEqual(await server.setEndpoints([...server.endpoints, { address: '::1', port: 0 }]), [])
  const other = server.endpoints.find(({ address }) => address === '::1')!
  const { length } = await exchangeUdp(other.port, QUERY, '::1')
  assert.deepEqual(await askThrice(context, { server, ...rest }), [1, 3 * length])
})

test('where others than this machine may ask each reply leaves by itself: some see frames as they were sent', async (context) => {
  const { server, ...rest } = await startServer(context, [], (question) => respond(question, {}), { batches: true })
  assert.deepEqual(await server.setEndpoints([{ address: '0.0.0.0', port: 0 }]), [])
  const { port } = server.endpoints[0]!
  const { length } = await exchangeUdp(port, QUERY)
  assert.deepEqual(await askThrice(context, { ...rest, server, port }), [3, length])
})
