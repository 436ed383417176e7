// Resolver and updater each on its own, with no more privilege than containers and service managers give them.
import assert from 'node:assert/strict'
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { CAP_NET_ADMIN, taskStatuses } from '../support/process.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { askThrough, reachThrough } from '../support/sandbox.ts'
import { answersDenials, assertRefused } from '../support/scenario.ts'
import { UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NOBODY = 65_534
const RESOLVER = 59_053
/** What `cap_drop: ALL` leaves, with `cap_add` of what follows. */
const UPDATER = ['setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all', `--regid=${RESOLVER}`, '--clear-groups', '--no-new-privs']
const RESOLVER_ALONE = [
  'setpriv',
  `--reuid=${RESOLVER}`,
  `--regid=${RESOLVER}`,
  '--clear-groups',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--no-new-privs',
]

const world = await createWorld(['www.example. 300 IN A 192.0.2.10'])
after(() => world.close())
const { gateway, folder } = world
const state = join(folder, 'state')
const settings = join(folder, 'sallyport.yaml')
writeFileSync(settings, JSON.stringify({ zones: './zones', state, resolver: { upstreams: [UPSTREAM4] }, updater: { guard: 'output' } }))
mkdirSync(join(folder, 'zones'))
writeFileSync(join(folder, 'zones', 'app.zone'), 'www.example\n')
mkdirSync(state)
chownSync(state, 0, RESOLVER)
chmodSync(state, 0o1775)
// A container engine lets anybody bind low ports in a container's namespace.
gateway.run(['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start'])

function start(part: 'resolver' | 'updater', privileges: readonly string[]): ChildProcess {
  const child = gateway.spawn([...privileges, PROGRAM, part, '--config', settings], { stdio: ['ignore', 'inherit', 'inherit'] })
  after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  })
  return child
}

const status = (part: string, privileges: readonly string[]) => {
  const [program, ...rest] = gateway.inside([...privileges, PROGRAM, 'status', '--part', part, '--config', settings])
  return spawnSync(program!, rest, { encoding: 'utf8' })
}

const agent = startAgent(gateway, { uid: NOBODY })
after(() => agent.close())
const ask = (name: string) => askThrough(agent, name, 'A', { server: '127.0.0.1', timeoutMs: 500 })

const early = status('updater', UPDATER)
const updater = start('updater', UPDATER)
const resolver = start('resolver', RESOLVER_ALONE)
await eventually('the updater is healthy', () => status('updater', UPDATER).status === 0, 20_000)
await eventually('the resolver serves', () => answersDenials(ask), 20_000)

test('names resolve and connect, all else is refused', async () => {
  await assertRefused(agent, '192.0.2.10')
  assert.deepEqual((await ask('www.example')).answers, ['A 192.0.2.10'])
  assert.equal(await reachThrough(agent, '192.0.2.10', 443), 'connected')
  await assertRefused(agent, '192.0.2.11')
})

test('the updater has CAP_NET_ADMIN and nothing else in any thread, the resolver nothing', () => {
  for (const { effective, permitted } of taskStatuses(updater.pid!)) {
    assert.deepEqual([effective & ~CAP_NET_ADMIN, permitted & ~CAP_NET_ADMIN], [0n, 0n])
  }
  for (const thread of taskStatuses(resolver.pid!)) {
    assert.deepEqual([thread.uid, thread.effective, thread.permitted], [RESOLVER, 0n, 0n])
  }
})

test("without CAP_CHOWN the resolver enters by the updater's group, which the socket and its folder are closed beyond", () => {
  const [leases, socket] = [statSync(join(state, 'leases')), statSync(join(state, 'leases', 'updater.sock'))]
  assert.deepEqual([leases.mode & 0o777, leases.gid], [0o710, RESOLVER])
  assert.deepEqual([socket.mode & 0o777, socket.gid], [0o660, RESOLVER])
})

test('each part tells its own health to its own user, and before it runs there is none', () => {
  assert.equal(early.status, 1)
  assert.equal(status('updater', UPDATER).status, 0)
  const { status: exit, stdout } = status('resolver', RESOLVER_ALONE)
  assert.equal(exit, 0)
  assert.match(stdout, /^resolver: pid/)
  assert.doesNotMatch(stdout, /updater/)
})
