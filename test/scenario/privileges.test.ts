import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { decodeUpdaterFrame, encodeRequests, FrameDecoder, type OpenRequest, RESOLVER_HELLO } from '../../src/leases/protocol.ts'
import { parseAddress } from '../../src/net/address.ts'
import { startAgent } from '../support/agent-client.ts'
import { CAP_NET_ADMIN, taskNices, taskStatuses } from '../support/process.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NOBODY = 65_534
const CAP_NET_BIND_SERVICE = 1n << 10n
const world = await createWorld(['www.example. 300 IN A 192.0.2.10', 'other.example. 300 IN A 192.0.2.11'])
after(() => world.close())
const sallyport = await startForward(world, { zones: { 'app.zone': 'www.example\n', 'beta.zone': '$CLIENTS beta\nother.example\n' } })
after(() => sallyport.stop())
const leases = join(sallyport.state, 'leases')
const socket = join(leases, 'updater.sock')

test('the updater holds CAP_NET_ADMIN in its main thread, nothing else, and nothing in any other thread', () => {
  const [main, ...others] = taskStatuses(sallyport.part('updater')!)
  assert.deepEqual([main!.effective, main!.permitted, main!.inheritable, main!.ambient], [CAP_NET_ADMIN, CAP_NET_ADMIN, 0n, 0n])
  assert.ok(others.length > 0)
  for (const thread of others) assert.deepEqual([thread.effective, thread.permitted, thread.inheritable, thread.ambient], [0n, 0n, 0n, 0n])
  for (const thread of [main!, ...others]) assert.deepEqual(thread.groups, [])
})

test('the resolver runs under a uid of its own, with no groups and no capability but that to bind port 53, in every thread', () => {
  const threads = taskStatuses(sallyport.part('resolver')!)
  const updater = taskStatuses(sallyport.part('updater')!)[0]!
  for (const thread of threads) {
    assert.notEqual(thread.uid, 0)
    assert.notEqual(thread.uid, updater.uid)
    assert.notEqual(thread.gid, 0)
    assert.deepEqual(thread.groups, [])
    assert.equal((thread.permitted | thread.effective | thread.ambient | thread.inheritable) & ~CAP_NET_BIND_SERVICE, 0n)
  }
})

test('neither process can gain privileges, in any thread', () => {
  for (const part of ['resolver', 'updater'] as const) {
    assert.ok(
      taskStatuses(sallyport.part(part)!).every(({ noNewPrivileges }) => noNewPrivileges),
      part,
    )
  }
})

test('the thread that answers goes before the updater and before the threads that serve it', () => {
  const nices = (part: 'resolver' | 'updater') => taskNices(sallyport.part(part)!)
  const [main, ...others] = nices('resolver')
  assert.equal(main, -5)
  assert.ok(others.includes(0))
  assert.ok(nices('updater').every((nice) => nice === 0))
})

test("the updater's socket is 0600 in a 0700 folder, both the resolver's", () => {
  const { uid } = taskStatuses(sallyport.part('resolver')!)[0]!
  for (const [path, mode] of [
    [leases, 0o700],
    [socket, 0o600],
  ] as const) {
    const status = statSync(path)
    assert.deepEqual([status.mode & 0o777, status.uid], [mode, uid], path)
  }
})

test('control sockets are for their owner alone', () => {
  for (const file of ['resolver-control.sock', 'updater-control.sock']) {
    assert.equal(statSync(join(sallyport.state, file)).mode & 0o777, 0o600, file)
  }
})

const inBase64 = (...words: readonly (string | Uint8Array)[]) => Buffer.concat(words.map((word) => Buffer.from(word))).toString('base64')

test("a foreign process gets no word from the updater's socket, be it nobody or root, and the resolver is not disturbed", async () => {
  for (const uid of [NOBODY, 0]) {
    const foreign = startAgent(world.gateway, { uid })
    try {
      const { words, end } = await foreign.call('speak', { path: socket, words: inBase64(RESOLVER_HELLO), expect: 1, timeoutMs: 1_000 })
      assert.equal(words, '')
      assert.ok(['EACCES', 'closed', 'EPIPE', 'ECONNRESET'].includes(end), end)
    } finally {
      await foreign.close()
    }
  }
  await assertReachable(world.alpha, 'www.example')
})

test('the updater refuses what its own policy forbids, whoever asks: names, clients, addresses, revisions; and hangs up on what is no request', async () => {
  const revision = revisionOf(sallyport.cli('status', '--json').stdout)
  await withUpdaterAlone(async (speakAsResolver) => {
    const speak = (word: string | Uint8Array) =>
      eventually('whoever spoke before has left', async () => {
        const { words, end } = await speakAsResolver(inBase64(RESOLVER_HELLO, word), 2)
        const messages = new FrameDecoder().push(Buffer.from(words, 'base64')).map(decodeUpdaterFrame)
        return messages[0]?.kind === 'hello' && { messages, end }
      })
    const ask = async (fields: Partial<OpenRequest>): Promise<string> => {
      const request = {
        id: 1,
        revision,
        client: parseAddress(world.alpha.address4)!,
        name: parseName('www.example'),
        addresses: [parseAddress('192.0.2.10')!],
        ttlSeconds: 60,
        stale: false,
        ...fields,
      }
      const [, said] = (await speak(encodeRequests([request]))).messages
      const reply = said?.kind === 'replies' ? said.replies[0] : undefined
      return reply?.kind === 'refused' ? reply.reason : (reply?.kind ?? 'no reply')
    }
    assert.equal(await ask({}), 'open')
    assert.equal(await ask({ name: parseName('denied.example') }), 'policy')
    assert.equal(await ask({ name: parseName('other.example') }), 'policy')
    assert.equal(await ask({ addresses: [parseAddress('10.99.0.5')!] }), 'address')
    assert.equal(await ask({ addresses: [parseAddress('169.254.169.254')!] }), 'address')
    assert.equal(await ask({ revision: '0123456789abcdef' }), 'revision')
    for (const word of ['\x01\0\0\0\x03one', '\x02\0\0\0\0', 'garbage\n', '{"flush":true}\n', `{"figures":"${'x'.repeat(2 << 20)}"}\n`]) {
      const { end } = await speak(word)
      assert.ok(['closed', 'ECONNRESET', 'EPIPE'].includes(end), word.slice(0, 40))
    }
    assert.equal(await ask({}), 'open')
  })
})

function revisionOf(status: string): string {
  const found = /"revision":\s*"([0-9a-f]{16})"/.exec(status)
  assert.ok(found, status)
  return found[1]!
}

type Speak = (words: string, expect: number) => Promise<{ readonly words: string; readonly end: string }>

/** Ends the resolver, which has the one place at the updater, keeps the supervisor from starting another, and speaks under its uid. */
async function withUpdaterAlone(body: (speak: Speak) => Promise<void>): Promise<void> {
  const resolver = sallyport.part('resolver')!
  const agent = startAgent(world.gateway, { uid: taskStatuses(resolver)[0]!.uid })
  process.kill(sallyport.pid, 'SIGSTOP')
  process.kill(resolver, 'SIGKILL')
  try {
    await body((words, expect) => agent.call('speak', { path: socket, words, expect }))
  } finally {
    process.kill(sallyport.pid, 'SIGCONT')
    await agent.close()
  }
}
