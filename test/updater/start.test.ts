// What stands in the way of a start is an error that says how to mend it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type FirewallOptions, startUpdater, UpdaterStartError } from '../../src/updater/updater.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { startRig } from './rig.ts'

enterPrivateNamespace()

const MEMORY: Partial<FirewallOptions> = { backend: 'memory', guard: 'none' }

const CONTRADICTIONS: readonly [Partial<FirewallOptions>, RegExp][] = [
  [{ backend: 'memory', guard: 'forward' }, /memory enforces nothing, but updater.guard is forward: set/],
  [{ backend: 'memory', guard: 'output' }, /memory enforces nothing/],
  [{ guard: 'forward', interfaces: [] }, /needs updater.interfaces: name the sandbox-facing interfaces/],
  [{ guard: 'output', resolverUid: undefined }, /needs a user of its own for the resolver/],
  [{ backend: 'memory', guard: 'none', mirror: [{ family: 'inet', table: 'fw', set: 'a' }] }, /set updater.backend to nftables/],
]

test('settings that contradict each other are errors', async (t) => {
  const { options, updater } = await startRig(t, { zone: 'example.org\n', firewall: MEMORY })
  await updater.close()
  for (const [firewall, message] of CONTRADICTIONS) {
    const wrong = { ...options, firewall: { ...options.firewall, backend: 'nftables' as const, ...firewall } }
    await assert.rejects(startUpdater(wrong), (error) => error instanceof UpdaterStartError && message.test(error.message))
  }
})

test('without CAP_NET_ADMIN the error says what is needed', async (t) => {
  const { options, folder, updater } = await startRig(t, { zone: 'example.org\n', firewall: MEMORY })
  await updater.close()
  const { log: _, ...rest } = options
  const argument = JSON.stringify({
    ...rest,
    socketPath: `${folder}/x/updater.sock`,
    firewall: { ...options.firewall, backend: 'nftables' },
  })
  const script = fileURLToPath(new URL('updater-process.ts', import.meta.url))
  const words = ['--bounding-set=-net_admin', '--inh-caps=-net_admin', '--', process.execPath, script, argument]
  const { stderr, status } = spawnSync('setpriv', words, { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /UpdaterStartError: needs CAP_NET_ADMIN: run as root/)
})

test('with no valid policy it runs, denies everything, and says what is wrong; the first valid one takes effect', async (t) => {
  const { connect, updater, writeZone } = await startRig(t, { zone: 'example..org\n', firewall: MEMORY })
  const { reload, ruleCount, wasValid } = updater.status()
  assert.deepEqual([reload.outcome, reload.problems[0]?.line, ruleCount, wasValid], ['broken', 1, 0, false])
  const peer = await connect()
  assert.deepEqual(
    (await peer.open({})).map((reply) => reply.kind === 'refused' && reply.reason),
    ['policy'],
  )
  writeZone('example.org\n')
  await eventually('the valid policy', () => updater.status().reload.outcome === 'loaded')
  await eventually('the news', () => peer.revision === updater.status().revision)
  assert.deepEqual(
    (await peer.open({})).map(({ kind }) => kind),
    ['open'],
  )
  writeZone('example..org\n')
  await eventually('it is broken again', () => updater.status().reload.outcome === 'broken')
  assert.equal(updater.status().wasValid, true)
})

test('the memory backend keeps the book, and says that nothing is enforced', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n', firewall: MEMORY })
  const peer = await connect()
  await peer.open({ ttlSeconds: 300 })
  const { enforced, elements, kernel } = updater.status()
  assert.deepEqual([enforced, elements, kernel], [false, 0, undefined])
  assert.deepEqual(
    updater.leases({ most: 99 }).leases.map(({ client, name, remainingSeconds }) => [client, name, Math.ceil(remainingSeconds / 10)]),
    [['sandbox', 'example.org', 36]],
  )
})

test('why names what opened an address, for whom, on which ports and for how long', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org 443 22\n' })
  const peer = await connect()
  const [reply] = await peer.open({ ttlSeconds: 300, addresses: ['192.0.2.1', '192.0.2.2'] })
  const { leases } = updater.leases({ most: 99 })
  const [opened, ...others] = updater.why(leases[0]!.address)
  assert.deepEqual(others, [])
  assert.deepEqual([opened?.client, opened?.name, opened?.ports], ['sandbox', 'example.org', ['tcp/22', 'tcp/443']])
  assert.ok(reply?.kind === 'open' && Math.abs(opened!.remainingSeconds - reply.leaseSeconds) <= 1)
  assert.ok(Math.abs(opened!.until - Date.now() - 360_000) < 2000)
})
