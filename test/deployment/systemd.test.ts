// The units under a real systemd, with all their hardening, in a machine that it has booted.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { PROJECT } from '../support/docker.ts'
import { bootMachine, partIn } from '../support/machine.ts'
import { listTables } from '../support/nft.ts'
import { CAP_NET_ADMIN, taskStatuses } from '../support/process.ts'
import { runCli } from '../support/sallyport.ts'
import { askThrough, reachThrough } from '../support/sandbox.ts'
import { answersDenials, assertRefused } from '../support/scenario.ts'
import { UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NOBODY = 65_534
const UNITS = ['sallyport-updater.service', 'sallyport-resolver.service', 'sallyport-ship.service'] as const
const SYSLOG_PORT = 6514
const world = await createWorld(['www.example. 300 IN A 192.0.2.10'])
const { gateway, folder } = world
const machine = bootMachine({
  namespace: gateway,
  folder,
  files: {
    'etc/sallyport/sallyport.yaml': JSON.stringify({
      zones: '/etc/sallyport/zones',
      state: '/run/sallyport',
      journal: { folder: '/var/lib/sallyport', checkpointSeconds: 1 },
      resolver: { upstreams: UPSTREAM4 },
      updater: { guard: 'output' },
    }),
    'etc/sallyport/zones/app.zone': 'www.example\n',
    'etc/systemd/system/sallyport-ship.service.d/test.conf': `[Service]\nEnvironment=DESTINATION=tcp://127.0.0.1:${SYSLOG_PORT}\nRestartSec=1s\n`,
    'etc/systemd/system/sallyport-updater.service.d/test.conf': '[Service]\nWatchdogSec=3\n',
  },
})
const agent = startAgent(gateway, { uid: NOBODY })
after(async () => {
  await agent.close()
  await machine.close()
  await world.close()
})
const ask = (name: string) => askThrough(agent, name, 'A', { server: '127.0.0.1', timeoutMs: 500 })
await eventually('the machine answers', () => answersDenials(ask), 60_000).catch((error: unknown) => {
  throw new Error(machine.console(), { cause: error })
})

test('the rules stand before the network is prepared, and the resolver comes after them', async () => {
  // It answers before systemd has said so.
  await eventually('the resolver has started', () => /Started.*sallyport-resolve/.test(machine.console()))
  const [updater, network, resolver] = ['Started.*sallyport-updater', 'network-pre', 'Started.*sallyport-resolve'].map((pattern) =>
    machine.console().search(new RegExp(pattern)),
  )
  assert.ok(updater! >= 0 && updater! < network! && network! < resolver!, machine.console())
})

test('names resolve and connect, all else is refused', async () => {
  await assertRefused(agent, '192.0.2.10')
  assert.deepEqual((await ask('www.example')).answers, ['A 192.0.2.10'])
  assert.equal(await reachThrough(agent, '192.0.2.10', 443), 'connected')
})

test('the updater is left with CAP_NET_ADMIN, the resolver with the right to port 53; both under a system-call filter', () => {
  const updater = partIn(gateway, 'updater')!
  const resolver = partIn(gateway, 'resolver')!
  for (const { permitted } of taskStatuses(updater)) assert.equal(permitted & ~CAP_NET_ADMIN, 0n)
  for (const { permitted, uid } of taskStatuses(resolver)) assert.deepEqual([uid, permitted & ~(1n << 10n)], [59_053, 0n])
  for (const pid of [updater, resolver]) assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^NoNewPrivs:\t1\nSeccomp:\t2$/m)
})

for (const part of ['updater', 'resolver'] as const) {
  test(`${part}: killed, it is back by itself; the guard stands meanwhile`, async () => {
    const before = partIn(gateway, part)!
    process.kill(before, 'SIGKILL')
    await assertRefused(agent, '192.0.2.200')
    await eventually('another has taken its place', () => ![undefined, before].includes(partIn(gateway, part)), 20_000)
    await eventually('names resolve', async () => (await ask('www.example')).answers.length === 1, 20_000)
  })
}

test('while a resolver is replaced its sockets are kept: a query that is sent once is answered by the next one', async () => {
  const before = partIn(gateway, 'resolver')!
  process.kill(before, 'SIGKILL')
  await eventually('it is gone', () => partIn(gateway, 'resolver') !== before)
  const reply = await askThrough(agent, 'www.example', 'A', { server: '127.0.0.1', timeoutMs: 20_000 })
  assert.deepEqual(reply.answers, ['A 192.0.2.10'])
})

test('the decision log of both parts is written, signed, and outlasts them', async () => {
  const verify = () => runCli(gateway, ['log', 'verify', join(folder, 'machine/var/lib/sallyport')], folder)
  await eventually(
    'both are signed',
    () =>
      ['resolver', 'updater'].every((part) =>
        new RegExp(`^${part}: [1-9]\\d* records, .* signed through [1-9]`, 'm').test(verify().stdout),
      ),
    20_000,
  )
  const { status, stdout, stderr } = verify()
  assert.equal(status, 0, stdout + stderr)
})

test('a third unit takes the log of both parts elsewhere, as a user who may only read it', async () => {
  const script = `require('node:net').createServer((socket) => socket.pipe(process.stdout, { end: false })).listen(${SYSLOG_PORT}, '127.0.0.1')`
  const receiver = gateway.spawn([process.execPath, '-e', script])
  let taken = ''
  receiver.stdout!.on('data', (chunk: Buffer) => {
    taken += chunk.toString()
  })
  try {
    await eventually(
      'records of both arrive',
      () => /sallyport - updater - \{/.test(taken) && /sallyport - resolver - \{/.test(taken),
      20_000,
    )
    await ask('shipped.example')
    await eventually('what is new arrives', () => taken.includes('"shipped.example"'), 20_000)
  } finally {
    receiver.kill('SIGKILL')
    await once(receiver, 'exit')
  }
  const ships = gateway.run(['pgrep', '--full', 'sallyport/dist/main.js log ship']).trim().split('\n').map(Number)
  for (const { permitted, uid } of taskStatuses(ships[0]!)) assert.deepEqual([permitted, uid > 61_000], [0n, true])
})

test('an updater that hangs is replaced by the watchdog', async () => {
  const before = partIn(gateway, 'updater')!
  process.kill(before, 'SIGSTOP')
  await eventually('another has taken its place', () => ![undefined, before].includes(partIn(gateway, 'updater')), 30_000)
  await eventually('names resolve', async () => (await ask('www.example')).answers.length === 1, 20_000)
})

test('after the machine is down the guard is still there', async () => {
  await machine.close()
  assert.ok(listTables(gateway).includes('inet sallyport'))
  await assertRefused(agent, '192.0.2.200')
})

test('systemd-analyze finds nothing wrong with the units, and their exposure stays at 2 or less of 10', () => {
  const copies = join(folder, 'units')
  mkdirSync(copies)
  const paths = UNITS.map((unit) => {
    // What the unit starts must be there for the check.
    const text = readFileSync(join(PROJECT, 'deploy/systemd', unit), 'utf8').replaceAll('/usr/local/bin/sallyport', '/bin/true')
    writeFileSync(join(copies, unit), text)
    return join(copies, unit)
  })
  for (const words of [['verify'], ['security', '--offline=true', '--threshold=20']]) {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...words, ...paths], { encoding: 'utf8' })
    assert.equal(status, 0, `${words[0]}: ${stderr}${stdout}`)
  }
})
