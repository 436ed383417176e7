import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { canPoll, pollReadable } from '../../src/linux/datagram/poll.ts'
import { closeSocket, openConnectedSocket, openDatagramSocket, portOf } from '../../src/linux/datagram/socket.ts'
import type { SystemError } from '../../src/linux/error.ts'

const POLL = new URL('../../src/linux/datagram/poll.ts', import.meta.url)
const batch = new Batch(64)
const turn = () => new Promise<void>((next) => setImmediate(next))

/** Sends a datagram, and resolves when the kernel has it. */
function createSender(context: TestContext, port: number): () => Promise<void> {
  const socket = createSocket('udp4')
  context.after(() => socket.close())
  return () => new Promise((sent) => socket.send('x', port, '127.0.0.1', () => sent()))
}

test('what waits is told of in each turn until it is read, and promises go on in between', async (context) => {
  assert.ok(canPoll)
  const descriptor = openDatagramSocket('127.0.0.1', 0)
  const send = createSender(context, portOf(descriptor))
  const heard: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const poll = pollReadable(descriptor, () => {
    heard.push('told')
    Promise.resolve().then(() => heard.push('promise'))
    if (heard.length < 4) return
    assert.equal(batch.receive(descriptor), 1)
    resolve()
  })
  await send()
  await promise
  await turn()
  await turn()
  assert.deepEqual(heard, ['told', 'promise', 'told', 'promise', 'told', 'promise'])
  await poll.close()
  closeSocket(descriptor)
})

test('once closed it tells no more, and the descriptor may be watched again', async (context) => {
  const descriptor = openDatagramSocket('127.0.0.1', 0)
  const send = createSender(context, portOf(descriptor))
  const first = pollReadable(descriptor, () => assert.fail('it is closed'))
  assert.throws(() => pollReadable(descriptor, () => {}), { code: 'EEXIST' })
  await first.close()
  await send()
  await turn()
  const { promise, resolve } = Promise.withResolvers<void>()
  const second = pollReadable(descriptor, resolve)
  await promise
  await second.close()
  closeSocket(descriptor)
})

test('an error of the socket is read, and the watch goes on unless whoever is told closes it', async (context) => {
  const free = openDatagramSocket('127.0.0.1', 0)
  const port = portOf(free)
  closeSocket(free)
  const descriptor = openConnectedSocket('127.0.0.1', port)
  context.after(() => closeSocket(descriptor))
  const datagram = new Batch(64, false)
  datagram.fill(0, 1)
  let heard = Promise.withResolvers<string>()
  const onError = ({ code }: SystemError): void => heard.resolve(code)
  const poll = pollReadable(descriptor, () => {
    batch.receive(descriptor, onError)
    if (last) void poll.close()
  })
  let last = false
  for (let round = 1; round <= 3; round++) {
    heard = Promise.withResolvers<string>()
    last = round === 3
    assert.equal(datagram.send(descriptor, 1), 0)
    assert.equal(await heard.promise, 'ECONNREFUSED')
  }
  await poll.close()
})

test('ten thousand may come and go', async () => {
  const descriptor = openDatagramSocket('127.0.0.1', 0)
  for (let left = 10_000; left > 0; left--) await pollReadable(descriptor, () => {}).close()
  closeSocket(descriptor)
})

test('what the one who is told throws ends the process as elsewhere', async () => {
  const program = `
    const { pollReadable } = await import('${POLL}')
    const { openDatagramSocket, portOf } = await import('${new URL('socket.ts', POLL)}')
    const { createSocket } = await import('node:dgram')
    const descriptor = openDatagramSocket('127.0.0.1', 0)
    pollReadable(descriptor, () => { throw new TypeError('oops') })
    createSocket('udp4').send('x', portOf(descriptor), '127.0.0.1')`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  assert.equal(status, 1, stderr)
  assert.match(stderr, /TypeError: oops/)
})
