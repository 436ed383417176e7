import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type ConnectedSocket, openConnected } from '../../src/linux/datagram/connected.ts'
import { pollReadable } from '../../src/linux/datagram/poll.ts'
import { closeSocket, openDatagramSocket } from '../../src/linux/datagram/socket.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'

/** Where nobody listens. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

test('a socket that cannot be watched says so at each send, and is not left open', async () => {
  const descriptor = openDatagramSocket('127.0.0.1', 0)
  const poll = pollReadable(descriptor, () => {})
  await new Promise((turn) => setImmediate(turn))
  // The next socket gets the number, which libuv still takes for watched.
  closeSocket(descriptor)
  const errors: (string | undefined)[] = []
  const onError = (error: NodeJS.ErrnoException) => errors.push(error.code)
  const socket = openConnected(parseEndpoint('127.0.0.1', 9)!, { onMessage: () => {}, onError })
  socket.send(Buffer.from('one'))
  socket.send(Buffer.from('two'))
  socket.close()
  assert.deepEqual(errors, ['EEXIST', 'EEXIST'])
  const next = openDatagramSocket('127.0.0.1', 0)
  assert.equal(next, descriptor)
  closeSocket(next)
  await poll.close()
})

test('a socket that is closed because of an error, as it is told of it, ends nothing else', async () => {
  const peer = parseEndpoint('127.0.0.1', await freePort())!
  const errors: string[] = []
  for (let turn = 0; turn < 20; turn++) {
    const told = new Promise<void>((resolve) => {
      const socket: ConnectedSocket = openConnected(peer, {
        onMessage: () => {},
        onError: (error) => {
          errors.push((error as NodeJS.ErrnoException).code!)
          socket.close()
          resolve()
        },
      })
      socket.send(Buffer.from('nobody'))
    })
    const timer = setTimeout(() => {}, 5_000)
    await told
    clearTimeout(timer)
  }
  await pause(20)
  assert.deepEqual(new Set(errors), new Set(['ECONNREFUSED']))
})

test('after an error a socket that stays open goes on', async () => {
  const port = await freePort()
  const told: string[] = []
  const socket = openConnected(parseEndpoint('127.0.0.1', port)!, {
    onMessage: (message) => told.push(Buffer.from(message).toString()),
    onError: (error) => told.push((error as NodeJS.ErrnoException).code!),
  })
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await pause(5)
  }
  socket.send(Buffer.from('one'))
  await until(1)
  const peer = createSocket('udp4').bind(port, '127.0.0.1')
  peer.on('message', (message, { port: from }) => peer.send(message, from, '127.0.0.1'))
  await once(peer, 'listening')
  socket.send(Buffer.from('two'))
  await until(2)
  assert.deepEqual(told, ['ECONNREFUSED', 'two'])
  socket.close()
  peer.close()
})

test('once closed, as it is told of a message, it tells of none that came with it', async () => {
  const peer = createSocket('udp4').bind(0, '127.0.0.1')
  await once(peer, 'listening')
  const told: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = openConnected(parseEndpoint('127.0.0.1', peer.address().port)!, {
    onMessage: (message) => {
      told.push(Buffer.from(message).toString())
      socket.close()
      setImmediate(resolve)
    },
    onError: assert.ifError,
  })
  peer.on('message', (_, { port }) => {
    // On loopback both are there before the next turn.
    for (const text of ['one', 'two']) peer.send(text, port, '127.0.0.1')
  })
  socket.send(Buffer.from('query'))
  await promise
  assert.deepEqual(told, ['one'])
  peer.close()
})
