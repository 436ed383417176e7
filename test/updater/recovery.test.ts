// The kernel is the journal: what is there after a crash, a flush or a replaced table is taken over, or brought back.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { down } from '../../src/updater/down.ts'
import { startUpdater, UpdaterStartError } from '../../src/updater/updater.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, connectPeer, listSet, nft, type Rig, startRig } from './rig.ts'

enterPrivateNamespace()

const OWNER_FLAGS = ['auto', 'off'] as const
const keysOf = (set?: string) =>
  listSet(set)
    .map(({ key }) => key)
    .sort()
const ruleCount = () => nft('list table inet sallyport').split('\n').length

for (const ownerFlag of OWNER_FLAGS) {
  test(`after kill -9 the next updater takes over table, leases, names and what was recorded (owner flag ${ownerFlag})`, async (t) => {
    const rig = await startRig(t, { zone: 'example.org\nexample.net\n', firewall: { ownerFlag } })
    await rig.updater.close()
    const victim = spawnUpdater(rig)
    await once(victim.stdout, 'data')
    const peer = await connectPeer(rig.options.socketPath)
    t.after(() => peer.close())
    await peer.open({ ttlSeconds: 600 }, { name: 'example.net' }, { name: 'example.net', addresses: ['192.0.2.2'] })
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    const before = listSet()
    nft(`add element inet sallyport begun4 { ${CLIENT} . 192.0.2.1 . tcp . 443 }`)
    rig.writeZone('example.org\n')
    const updater = await rig.restart()
    const { leases } = updater.leases({ most: 99 })
    assert.deepEqual(keysOf(), [`${CLIENT} . 192.0.2.1 . 6 . 443`])
    assert.ok(listSet()[0]!.expires! >= before.find(({ key }) => key.includes('192.0.2.1'))!.expires! - 2)
    assert.deepEqual(
      leases.map(({ client, name, address }) => [client, name, address]),
      [['sandbox', 'example.org', '192.0.2.1']],
    )
    assert.deepEqual(keysOf('inet sallyport begun4'), [`${CLIENT} . 192.0.2.1 . 6 . 443`], 'what was recorded')
    if (updater.status().protection !== 'owner') return
    nft('flush ruleset')
    assert.equal(keysOf().length, 1, 'owned again')
  })
}

function spawnUpdater({ options: { log: _, ...options } }: Rig) {
  const script = fileURLToPath(new URL('updater-process.ts', import.meta.url))
  return spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('a restart is a new generation', async (t) => {
  const { connect, restart } = await startRig(t, { zone: 'example.org\n' })
  const { generation } = await connect()
  await restart()
  assert.notEqual((await connect()).generation, generation)
})

const VANDALS = {
  'a flushed ruleset': 'flush ruleset',
  'a deleted table': 'delete table inet sallyport',
  'a flushed set': 'flush set inet sallyport allow4',
  'flushed rules': 'flush table inet sallyport',
  'an element deleted by hand': `delete element inet sallyport allow4 { ${CLIENT} . 192.0.2.1 . tcp . 443 }`,
  'an element added by hand': `add element inet sallyport allow4 { ${CLIENT} . 192.0.2.250 . tcp . 443 timeout 1h }`,
}

for (const [what, commands] of Object.entries(VANDALS)) {
  test(`${what} is mended within a second, leases included, without a new generation`, async (t) => {
    const { connect } = await startRig(t, { zone: 'example.org\n' })
    const peer = await connect()
    await peer.open({ ttlSeconds: 600 }, { addresses: ['192.0.2.2'] })
    const { generation } = peer
    const [rules, keys] = [ruleCount(), keysOf()]
    nft(commands)
    await eventually('the table as it was', () => isQuiet(() => ruleCount() === rules && keysOf().join() === keys.join()), 1000)
    assert.ok(listSet().find(({ key }) => key.includes('192.0.2.1 '))!.expires! > 650)
    assert.equal(peer.generation, generation)
  })
}

/** nft complains about what is missing; that is an answer too. */
function isQuiet(look: () => boolean): boolean {
  try {
    return look()
  } catch {
    return false
  }
}

test('a request that meets a vanished table rebuilds it first, and is then open', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  await peer.open({})
  nft('delete table inet sallyport')
  assert.deepEqual(
    (await peer.open({ addresses: ['192.0.2.2'] })).map(({ kind }) => kind),
    ['open'],
  )
  assert.equal(keysOf().length, 2)
})

test("with the owner flag nobody else's flush touches the table", async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n', firewall: { ownerFlag: 'auto' } })
  const { kernel, protection } = updater.status()
  assert.equal(protection, kernel?.owns ? 'owner' : 'lock')
  const peer = await connect()
  await peer.open({})
  if (!kernel?.owns) return
  nft('flush ruleset')
  assert.equal(keysOf().length, 1)
})

test('a change of the guard replaces the table and closes what its elements can no longer say', async (t) => {
  const { connect, restart } = await startRig(t, { zone: 'example.org\n' })
  await (await connect()).open({})
  const updater = await restart({ firewall: { ownerFlag: 'auto' } })
  assert.equal(updater.status().enforced, true)
  assert.equal(keysOf().length, 1)
})

test('a table of that name that is not ours is left alone: an error that says so', async (t) => {
  const rig = await startRig(t, { zone: 'example.org\n' })
  await rig.updater.close()
  nft('flush ruleset\nadd table inet sallyport\nadd chain inet sallyport mine')
  await assert.rejects(
    startUpdater(rig.options),
    (error) => error instanceof UpdaterStartError && /not sallyport's: rename it, or set updater.table/.test(error.message),
  )
  assert.match(nft('list table inet sallyport'), /chain mine/)
  const refused = await down({ socketPath: rig.options.socketPath, table: 'sallyport' })
  assert.equal(refused.kind, 'refused')
})

test('a second updater is told that one is running, and changes nothing', async (t) => {
  const { options } = await startRig(t, { zone: 'example.org\n' })
  await assert.rejects(startUpdater(options), /another updater is running: it answers at/)
})

test('with the owner flag a second updater is told so even at another socket', async (t) => {
  const { options, folder, updater } = await startRig(t, { zone: 'example.org\n', firewall: { ownerFlag: 'auto' } })
  if (!updater.status().kernel?.owns) return
  await assert.rejects(startUpdater({ ...options, socketPath: `${folder}/other/updater.sock` }), /owned by another running process/)
})

for (const guard of ['none', 'forward'] as const) {
  test(`guard ${guard}: where the table has no owner a second updater at another socket is told which process has it, until that one is killed`, async (t) => {
    const rig = await startRig(t, { zone: 'example.org\n', firewall: { guard, ownerFlag: 'off' } })
    const elsewhere = { ...rig.options, socketPath: `${rig.folder}/other/updater.sock` }
    await assert.rejects(startUpdater(elsewhere), new RegExp(`another updater fills sallyport: .*process ${process.pid}`))
    await rig.updater.close()
    const victim = spawnUpdater(rig)
    await once(victim.stdout, 'data')
    await assert.rejects(startUpdater(elsewhere), new RegExp(`another updater fills sallyport: .*process ${victim.pid}`))
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    await rig.restart()
  })
}

test('when notifications are lost, everything is read again: what was deleted unseen is back within a second', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n' })
  await (await connect()).open({})
  const { restores } = updater.status().counters
  // All before this process, and the updater in it, looks again: more notices than its socket holds, then the deletion.
  flood()
  nft(`delete element inet sallyport allow4 { ${CLIENT} . 192.0.2.1 . tcp . 443 }`)
  assert.deepEqual(keysOf(), [])
  await eventually('the element is back', () => keysOf().length === 1, 1_000)
  assert.equal(updater.status().counters.restores, restores + 1)
})

/** Adds a quarter of a million elements to a table that is nobody's: some 60 MB of notices. */
function flood(): void {
  const nftables = openNftables()
  const table = { family: 'inet', name: 'flood' } as const
  const comment = 'x'.repeat(120)
  nft('add table inet flood\nadd set inet flood many { type ipv4_addr; }')
  for (let first = 0; first < 250_000; first += 50_000) {
    const batch = nftables.begin()
    for (let n = first; n < first + 50_000; n++) {
      batch.addElement(table, 'many', { key: Uint8Array.of(10, n >> 16, (n >> 8) & 255, n & 255), comment })
    }
    nftables.commit(batch)
  }
  nftables.close()
}

test('the leases of a table of another layout move into the new one', async (t) => {
  const rig = await startRig(t, { zone: 'example.org\n' })
  await rig.updater.close()
  const earlier = readFileSync(new URL('./fixture/forward.nft', import.meta.url), 'utf8').replace(
    /sallyport layout \d+/,
    'sallyport layout 0',
  )
  nft(`flush ruleset\n${earlier}`)
  nft(`add element inet sallyport allow4 { ${CLIENT} . 192.0.2.1 . tcp . 443 timeout 10m comment "example.org" }`)
  const { leases } = (await rig.restart()).leases({ most: 9 })
  assert.deepEqual(
    leases.map(({ client, name, address }) => [client, name, address]),
    [['sandbox', 'example.org', '192.0.2.1']],
  )
  assert.ok(listSet()[0]!.expires! > 590)
  assert.doesNotMatch(nft('list table inet sallyport'), /layout 0/)
})

test('down removes table and routing lock, refuses while an updater lives, and finds nothing the second time', async (t) => {
  const { options, updater } = await startRig(t, { zone: 'example.org\n', firewall: { interfaces: ['veth7'] } })
  const target = { socketPath: options.socketPath, table: 'sallyport' }
  assert.equal((await down(target)).kind, 'refused')
  await updater.close()
  assert.match(nft('list tables'), /sallyport/)
  assert.deepEqual(await down(target), { kind: 'done', removed: ['table inet sallyport', 'routing lock of interface veth7'] })
  assert.deepEqual(await down(target), { kind: 'done', removed: [] })
  assert.doesNotMatch(nft('list tables'), /sallyport/)
})
