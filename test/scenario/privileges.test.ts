import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RESOLVER_HELLO } from '../../src/leases/protocol.ts'
import { startAgent } from '../support/agent-client.ts'
import { CAP_NET_ADMIN, taskStatuses } from '../support/process.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
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

const HELLO = RESOLVER_HELLO.trim()

test("a foreign process gets no word from the updater's socket, be it nobody or root, and the resolver is not disturbed", async () => {
  for (const uid of [NOBODY, 0]) {
    const foreign = startAgent(world.gateway, { uid })
    try {
      const { lines, end } = await foreign.call('speak', { path: socket, lines: [HELLO], expect: 1, timeoutMs: 1_000 })
      assert.deepEqual(lines, [])
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
    const ask = async (fields: object): Promise<string> => {
      const request = {
        id: 1,
        revision,
        client: world.alpha.address4,
        name: 'www.example',
        addresses: ['192.0.2.10'],
        ttlSeconds: 60,
        stale: false,
        ...fields,
      }
      const { lines } = await speakAsResolver([HELLO, JSON.stringify({ open: [request] })], 2)
      const reply = JSON.parse(lines[1] ?? '{}') as { readonly replies?: readonly { readonly kind: string; readonly reason?: string }[] }
      return reply.replies?.[0]?.reason ?? reply.replies?.[0]?.kind ?? 'no reply'
    }
    assert.equal(await ask({}), 'open')
    assert.equal(await ask({ name: 'denied.example' }), 'policy')
    assert.equal(await ask({ name: 'other.example' }), 'policy')
    assert.equal(await ask({ addresses: ['10.99.0.5'] }), 'address')
    assert.equal(await ask({ addresses: ['169.254.169.254'] }), 'address')
    assert.equal(await ask({ revision: '0123456789abcdef' }), 'revision')
    for (const line of ['{"open":[{"id":"one"}]}', 'garbage', '{"flush":true}', `{"open":"${'x'.repeat(2 << 20)}"}`]) {
      assert.ok(['closed', 'ECONNRESET', 'EPIPE'].includes((await speakAsResolver([HELLO, line], 2)).end), line.slice(0, 40))
    }
    assert.equal(await ask({}), 'open')
  })
})

function revisionOf(status: string): string {
  const found = /"revision":\s*"([0-9a-f]{16})"/.exec(status)
  assert.ok(found, status)
  return found[1]!
}

type Speak = (lines: readonly string[], expect: number) => Promise<{ readonly lines: readonly string[]; readonly end: string }>

/** Ends the resolver, which has the one place at the updater, keeps the supervisor from starting another, and speaks under its uid. */
async function withUpdaterAlone(body: (speak: Speak) => Promise<void>): Promise<void> {
  const resolver = sallyport.part('resolver')!
  const agent = startAgent(world.gateway, { uid: taskStatuses(resolver)[0]!.uid })
  process.kill(sallyport.pid, 'SIGSTOP')
  process.kill(resolver, 'SIGKILL')
  try {
    await body((lines, expect) => agent.call('speak', { path: socket, lines, expect }))
  } finally {
    process.kill(sallyport.pid, 'SIGCONT')
    await agent.close()
  }
}
