// The socket: for the resolver alone, and no words of its break the updater.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { encodeRequests, FIGURES_LINE, RESOLVER_HELLO } from '../../src/leases/protocol.ts'
import type { Logger } from '../../src/log.ts'
import { parseAddress } from '../../src/net/address.ts'
import { startUpdater } from '../../src/updater/updater.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { connectPeer, type RigOptions, startRig } from './rig.ts'

enterPrivateNamespace()

const NOBODY = 65534
const MEMORY: RigOptions = { zone: 'example.org\n', firewall: { backend: 'memory', guard: 'none' } }

test('folder and socket are for their owner alone, and the owner is the resolver', async (t) => {
  const { options } = await startRig(t, { ...MEMORY, peerUid: NOBODY })
  const [folder, socket] = [statSync(dirname(options.socketPath)), statSync(options.socketPath)]
  assert.deepEqual([folder.mode & 0o777, folder.uid], [0o700, NOBODY])
  assert.deepEqual([socket.mode & 0o777, socket.uid], [0o600, NOBODY])
})

test('a peer of another uid is hung up on and counted, root too', async (t) => {
  const { connect, updater } = await startRig(t, { ...MEMORY, peerUid: NOBODY })
  const peer = await connect()
  await eventually('the door closes', () => peer.isClosed)
  assert.deepEqual(peer.heard, [])
  assert.equal(updater.status().counters.rejectedPeers, 1)
})

test('the resolver of that uid is let in', async (t) => {
  const { options, folder } = await startRig(t, { ...MEMORY, peerUid: NOBODY })
  chmodSync(folder, 0o711)
  const peer = await asUser(NOBODY, () => connectPeer(options.socketPath))
  t.after(() => peer.close())
  assert.deepEqual(
    (await peer.open({})).map(({ kind }) => kind),
    ['open'],
  )
})

/** The kernel notes the effective uid at connect(2), which happens before the call returns. */
function asUser<T>(uid: number, connect: () => T): T {
  process.seteuid!(uid)
  try {
    return connect()
  } finally {
    process.seteuid!(0)
  }
}

for (const [what, line] of [
  ['no JSON', 'open sesame\n'],
  ['an unknown message', '{"flush":true}\n'],
  ['a batch that ends within a field', '\x01\0\0\0\x03one'],
  ['a batch that is too long', '\x01\x7f\0\0\0'],
  ['replies', '\x02\0\0\0\x09\0\0\0\x01\0\0\0\0\x01'],
  ['a second hello', RESOLVER_HELLO],
  ['a line without an end', 'x'.repeat(1024 * 1024 + 1)],
] as const) {
  test(`a resolver that sends ${what} is hung up on, and the next one is served`, async (t) => {
    const { connect, updater } = await startRig(t, MEMORY)
    const peer = await connect()
    peer.send(line)
    await eventually('the door closes', () => peer.isClosed)
    assert.equal(updater.status().counters.rejectedPeers, 1)
    assert.deepEqual(
      (await (await connect()).open({})).map(({ kind }) => kind),
      ['open'],
    )
  })
}

test('however often a peer is hung up on, the log says it once a minute for each reason', async (t) => {
  const warnings: { reason?: string }[] = []
  const log = { info: () => {}, error: () => {}, warn: (fields: object) => warnings.push(fields) } as unknown as Logger
  const { options, updater } = await startRig(t, { ...MEMORY, log })
  for (const hello of ['open sesame\n', RESOLVER_HELLO.repeat(2)])
    for (let times = 0; times < 20; times++) {
      const peer = await connectPeer(options.socketPath, hello)
      await eventually('the door closes', () => peer.isClosed)
    }
  assert.equal(updater.status().counters.rejectedPeers, 40)
  assert.deepEqual(
    warnings.map(({ reason }) => reason?.slice(0, 10)).filter((reason) => reason !== undefined),
    ['expected a', 'expected r'],
  )
})

test('a resolver that does not greet, or greets in another version, is hung up on', async (t) => {
  const { options } = await startRig(t, MEMORY)
  for (const hello of [FIGURES_LINE, '{"hello":{"protocol":1}}\n']) {
    const peer = await connectPeer(options.socketPath, hello)
    await eventually('the door closes', () => peer.isClosed)
  }
})

test('a resolver that does not read its replies is not waited for: it is hung up on, and the next one is served', async (t) => {
  const { connect, options, updater } = await startRig(t, MEMORY)
  const deaf = createConnection(options.socketPath)
  t.after(() => deaf.destroy())
  deaf.on('error', () => {})
  await once(deaf, 'connect')
  deaf.pause()
  deaf.write(RESOLVER_HELLO)
  // Refused in many words, which repeat the name.
  const name = parseName(Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.'))
  const [client, addresses] = [parseAddress('10.77.0.2')!, [parseAddress('192.0.2.1')!]]
  const { revision } = updater
  const requests = Array.from({ length: 80_000 }, (_, id) => ({ id, revision, client, name, addresses, ttlSeconds: 1, stale: false }))
  deaf.write(encodeRequests(requests))
  await eventually('the door closes', () => updater.status().counters.rejectedPeers === 1, 20_000)
  assert.deepEqual(
    (await (await connect()).open({})).map(({ kind }) => kind),
    ['open'],
  )
})

test('a second resolver is told which process is served, and is served once that one has gone', async (t) => {
  const { connect, updater } = await startRig(t, MEMORY)
  const first = await connect()
  const second = await connect()
  await eventually('the door closes', () => second.isClosed)
  assert.deepEqual(second.heard, [{ kind: 'taken', pid: process.pid }])
  assert.deepEqual([updater.status().connections, first.isClosed], [1, false])
  first.close()
  await eventually('the place is free', () => updater.status().connections === 0)
  assert.deepEqual(
    (await (await connect()).open({})).map(({ kind }) => kind),
    ['open'],
  )
})

test('a socket file left by a crash is replaced', async (t) => {
  const rig = await startRig(t, MEMORY)
  const { socketPath } = rig.options
  await rig.updater.close()
  leaveSocket(socketPath)
  assert.ok(lstatSync(socketPath).isSocket())
  await rig.restart()
  assert.deepEqual(
    (await (await rig.connect()).open({})).map(({ kind }) => kind),
    ['open'],
  )
})

/** What a killed process leaves. */
function leaveSocket(path: string): void {
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
}

test('what is no socket of ours is not removed, and a folder that is a link is not followed', async (t) => {
  const { options, folder, updater } = await startRig(t, MEMORY)
  await updater.close()
  const path = (name: string): string => join(folder, name, 'updater.sock')
  mkdirSync(join(folder, 'file'))
  writeFileSync(path('file'), 'precious')
  await assert.rejects(startUpdater({ ...options, socketPath: path('file') }), /is not a socket: remove it/)
  symlinkSync(join(folder, 'file'), join(folder, 'link'))
  await assert.rejects(startUpdater({ ...options, socketPath: path('link') }), /link is not a folder: remove it/)
})

test('a folder that was the resolver’s is taken back before anything in it is touched', async (t) => {
  const { options, folder, updater } = await startRig(t, MEMORY)
  await updater.close()
  const own = join(folder, 'own')
  mkdirSync(own, { mode: 0o777 })
  chownSync(own, NOBODY, NOBODY)
  const again = await startUpdater({ ...options, socketPath: join(own, 'updater.sock') })
  t.after(() => again.close())
  assert.deepEqual([statSync(own).uid, statSync(own).mode & 0o777], [0, 0o700])
})

test('something else that listens there is "another updater"', async (t) => {
  const { options, folder, updater } = await startRig(t, MEMORY)
  await updater.close()
  const socketPath = join(folder, 'taken.sock')
  const server = createServer().listen(socketPath)
  t.after(() => server.close())
  await assert.rejects(startUpdater({ ...options, socketPath }), /another updater is running/)
})
