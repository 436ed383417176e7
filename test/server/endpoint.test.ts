import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { fstatSync, openSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import { KEEPS_NOTHING, type SocketKeeper } from '../../src/server/keeper.ts'
import { a, decode, encode, respond, type Script } from '../resolver/world.ts'
import { connectTcp, exchangeUdp, startServer } from './client.ts'

const answering: Script = (question) => respond(question, { answers: [a(question.name, '192.0.2.1')] })

test('endpoints come and go while others serve, IPv6 beside IPv4 on one port', async (context) => {
  const { server, port } = await startServer(context, [], answering)
  const four = { address: '127.0.0.1', port }
  assert.equal(
    (
      await server.setEndpoints([
        { address: '127.0.0.1', port: 0 },
        { address: '::1', port },
      ])
    ).length,
    0,
  )
  assert.deepEqual(server.endpoints, [four, { address: '::1', port }])
  assert.equal(decode(await exchangeUdp(port, encode('a', 'A'), '::1')).rcode, 'NXDOMAIN')
  const stream = await connectTcp(context, port, '::1')
  stream.send(encode('a', 'A'))
  assert.equal(decode((await stream.receive())!).rcode, 'NXDOMAIN')
  await server.setEndpoints([{ address: '127.0.0.1', port: 0 }])
  assert.equal(await stream.receive(), undefined)
  assert.equal(decode(await exchangeUdp(port, encode('a', 'A'))).rcode, 'NXDOMAIN')
  assert.deepEqual(server.endpoints, [four])
})

test('a port that is taken is an error that names address and remedy, and stops no other', async (context) => {
  const { server } = await startServer(context, [], answering)
  const other = createSocket('udp4')
  await new Promise<void>((bound) => other.bind(0, '127.0.0.1', bound))
  context.after(() => other.close())
  const { port } = other.address()
  const errors = await server.setEndpoints([
    { address: '127.0.0.1', port },
    { address: '127.0.0.2', port: 0 },
  ])
  assert.equal(errors.length, 1)
  assert.equal(errors[0]?.code, 'EADDRINUSE')
  assert.match(
    errors[0].message,
    new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: another process has this port; .*resolver\\.listen`),
  )
  assert.equal(server.endpoints.length, 1)
})

test('a port that is taken over TCP alone is not served over UDP either', async (context) => {
  const { server } = await startServer(context, [], answering)
  const other = createTcpServer()
  await new Promise<void>((bound) => other.listen(0, '127.0.0.1', bound))
  context.after(() => other.close())
  const { port } = other.address() as { port: number }
  assert.equal((await server.setEndpoints([{ address: '127.0.0.1', port }]))[0]?.code, 'EADDRINUSE')
  other.close()
  assert.equal((await server.setEndpoints([{ address: '127.0.0.1', port }])).length, 0)
})

test('an address that no interface has is reported as such', async (context) => {
  const { server } = await startServer(context, [], answering)
  const [error] = await server.setEndpoints([{ address: '192.0.2.77', port: 0 }])
  assert.equal(error?.code, 'EADDRNOTAVAIL')
})

test('what was kept for an endpoint and is no socket is an error, and is not left open', async (context) => {
  const kept = openSync('/dev/null', 'r')
  const take: SocketKeeper['take'] = (_transport, { address }) => (address === '127.0.0.4' ? kept : undefined)
  const { server } = await startServer(context, [], answering, { batches: true, keeper: { ...KEEPS_NOTHING, take } })
  const [error] = await server.setEndpoints([{ address: '127.0.0.4', port: 0 }])
  assert.equal(error?.code, 'ENOTSOCK')
  assert.throws(() => fstatSync(kept), { code: 'EBADF' })
})

test('changes that overlap do not open an endpoint twice', async (context) => {
  const { server } = await startServer(context, [], answering)
  const endpoint = { address: '127.0.0.3', port: 0 }
  const errors = await Promise.all([server.setEndpoints([endpoint]), server.setEndpoints([endpoint]), server.setEndpoints([])])
  assert.deepEqual([errors.flat().length, server.endpoints.length], [0, 0])
})
