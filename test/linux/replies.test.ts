import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { BATCH } from '../../src/linux/datagram/layout.ts'
import { canSegment, Replies } from '../../src/linux/datagram/replies.ts'
import { encodeSockaddr, SOCKADDR_OCTETS } from '../../src/linux/datagram/sockaddr.ts'
import { closeSocket, openDatagramSocket, portOf, setBuffers } from '../../src/linux/datagram/socket.ts'
import { check, libc } from '../../src/linux/libc.ts'

const SOL_SOCKET = 1
const SO_NO_CHECK = 11
const SOL_UDP = 17
const UDP_GRO = 104

const replies = new Replies(1500)
const received = new Batch(65_535)

function openSocket(context: TestContext, address: string): number {
  const descriptor = openDatagramSocket(address, 0)
  context.after(() => closeSocket(descriptor))
  setBuffers(descriptor, 1 << 20)
  return descriptor
}

function switchOn(descriptor: number, level: number, option: number): void {
  check('setsockopt', () => libc.setsockopt(descriptor, level, option, Int32Array.of(1), 4))
}

interface Client {
  readonly descriptor: number
  readonly sockaddr: Uint32Array
}

function sockaddrOf(address: string, port: number): Uint32Array {
  const octets = new Uint8Array(SOCKADDR_OCTETS)
  octets.set(encodeSockaddr(address, port))
  return new Uint32Array(octets.buffer)
}

/** One that is shown messages as they were sent, or the datagrams that they were cut into. */
function openClient(context: TestContext, address: string, seesMessages: boolean): Client {
  const descriptor = openSocket(context, address)
  if (seesMessages) switchOn(descriptor, SOL_UDP, UDP_GRO)
  return { descriptor, sockaddr: sockaddrOf(address, portOf(descriptor)) }
}

/** Each reply is filled with its place among all, from 1 on. */
function send(descriptor: number, all: readonly (readonly [Pick<Client, 'sockaddr'>, number])[], segments = true): number {
  for (const [slot, [{ sockaddr }, length]] of all.entries()) {
    replies.slots[slot]!.fill(slot + 1)
    replies.direct(slot, length, sockaddr, 0)
  }
  return replies.send(descriptor, all.length, segments)
}

/** Of each datagram that has come the length, and what it is filled with. */
function receive({ descriptor }: Client): [number, number][] {
  const all: [number, number][] = []
  for (let count = received.receive(descriptor); count > 0; count = received.receive(descriptor)) {
    for (let slot = 0; slot < count; slot++) {
      const octets = received.slots[slot]!.subarray(0, received.lengthOf(slot))
      all.push([octets.length, octets[0]!])
    }
  }
  return all
}

const lengths = (all: readonly [number, number][]): number[] => all.map(([length]) => length)

for (const address of ['127.0.0.1', '::1']) {
  test(`replies of one length to one client leave as one message, a shorter one ends it, and all arrive in order (${address})`, (context) => {
    const server = openSocket(context, address)
    assert.ok(canSegment(server))
    for (const seesMessages of [true, false]) {
      const [one, other] = [openClient(context, address, seesMessages), openClient(context, address, seesMessages)]
      const toOne = [40, 40, 30, 40, 50, 50]
      assert.equal(send(server, [...toOne.flatMap((length) => [[one, length] as const, [other, 40] as const])]), 0)
      if (seesMessages) assert.deepEqual([lengths(receive(one)), lengths(receive(other))], [[110, 40, 100], [240]])
      else {
        assert.deepEqual(
          receive(one),
          toOne.map((length, index) => [length, 2 * index + 1]),
        )
        assert.deepEqual(
          receive(other),
          toOne.map((_, index) => [40, 2 * index + 2]),
        )
      }
    }
  })
}

test('each of many clients whose replies are mixed gets one message', (context) => {
  const server = openSocket(context, '127.0.0.1')
  for (let round = 0; round < 20; round++) {
    const clients = Array.from({ length: BATCH / 2 }, () => openClient(context, '127.0.0.1', true))
    assert.equal(
      send(
        server,
        [...clients, ...clients].map((client) => [client, 40]),
      ),
      0,
    )
    for (const client of clients) assert.deepEqual(lengths(receive(client)), [80])
  }
})

test('where the kernel cannot cut messages, each reply leaves by itself', (context) => {
  const server = openSocket(context, '127.0.0.1')
  const client = openClient(context, '127.0.0.1', true)
  assert.equal(send(server, Array(5).fill([client, 40]), false), 0)
  assert.deepEqual(lengths(receive(client)), [40, 40, 40, 40, 40])
})

test('where it refuses to, each reply leaves by itself, those behind included, and none twice', (context) => {
  const server = openSocket(context, '127.0.0.1')
  // Nothing computes checksums for this socket, so nothing may be cut (EINVAL).
  switchOn(server, SOL_SOCKET, SO_NO_CHECK)
  const [one, other] = [openClient(context, '127.0.0.1', true), openClient(context, '127.0.0.1', true)]
  assert.equal(
    send(
      server,
      [other, one, one, other, one].map((client, index) => [client, index === 0 ? 60 : 40]),
    ),
    0,
  )
  assert.deepEqual(lengths(receive(one)), [40, 40, 40])
  assert.deepEqual(lengths(receive(other)), [60, 40])
})

test('what cannot be sent is counted, and the rest arrives', (context) => {
  const server = openSocket(context, '127.0.0.1')
  const client = openClient(context, '127.0.0.1', false)
  const nobody = { sockaddr: sockaddrOf('127.0.0.1', 0) }
  assert.equal(
    send(
      server,
      [client, nobody, nobody, nobody, client, nobody].map((each, index) => [each, 40 + (index >> 1)]),
    ),
    4,
  )
  assert.deepEqual(receive(client), [
    [40, 1],
    [42, 5],
  ])
})

test('a full batch of long replies to one client arrives whole', (context) => {
  const server = openSocket(context, '127.0.0.1')
  const client = openClient(context, '127.0.0.1', false)
  assert.equal(send(server, Array(BATCH).fill([client, 1232])), 0)
  assert.deepEqual(
    receive(client),
    Array.from({ length: BATCH }, (_, index) => [1232, index + 1]),
  )
})
