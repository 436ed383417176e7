// Clients that join and leave at run time: what they have opened, what becomes of it, and what survives a restart.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeAnswering } from '../../src/leases/protocol.ts'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { BEGUN_MARK } from '../../src/updater/ruleset/common.ts'
import { RosterError, type Updater } from '../../src/updater/updater.ts'
import { addFlows, crowd } from '../support/conntrack-crowd.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, listSet, startRig } from './rig.ts'

enterPrivateNamespace()

const NINE = '10.77.9.2'
const JOINER = { addresses: [NINE, 'fd77:9::2'], zones: 'own.example 443\n' }
const ALL = { most: 100 }
const OWN = { client: NINE, name: 'own.example' }

function makeFlow(source: string, destination: string): void {
  const words = `-I -s ${source} -d ${destination} -p tcp --sport 40000 --dport 443 --state ESTABLISHED -t 600 -m ${BEGUN_MARK}`
  execFileSync('conntrack', words.split(' '), { stdio: 'ignore' })
}

function sourcesOfFlows(): readonly string[] {
  const conntrack = openConntrack()
  try {
    return conntrack.flows(4).map(({ source }) => source)
  } finally {
    conntrack.close()
  }
}

test('a client that joins opens what its own zones and those of everybody allow, under its name', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  await updater.clients.put('reviewer-9', JOINER)
  await eventually('the news', () => peer.revision === updater.status().revision)
  const [own, common, foreign] = await peer.open(OWN, { client: NINE }, { name: 'own.example' })
  assert.deepEqual([own?.kind, common?.kind, foreign?.kind], ['open', 'open', 'refused'])
  assert.ok(updater.leases(ALL).leases.every(({ client }) => client === 'reviewer-9'))
  assert.deepEqual(
    updater.clients.list().map(({ name, from }) => `${name} ${from}`),
    ['sandbox settings', 'reviewer-9 call'],
  )
})

test('whoever asks is told when the resolver answers by the new policy, and when it does not', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  assert.equal((await updater.clients.put('reviewer-9', JOINER)).answering, false)
  const joined = updater.clients.put('reviewer-8', { addresses: '10.77.8.2' })
  peer.send(encodeAnswering(await peer.nextRevision()))
  assert.equal((await joined).answering, true)
})

test('a client that leaves loses its elements and every flow, static ones included, and nobody else does', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n203.0.113.0/24\n' })
  await updater.clients.put('reviewer-9', JOINER)
  const peer = await connect()
  await peer.open(OWN, { client: NINE }, {})
  for (const [source, destination] of [
    [NINE, '192.0.2.1'],
    [NINE, '203.0.113.1'],
    ['192.0.2.99', NINE],
    [CLIENT, '203.0.113.1'],
  ] as const)
    makeFlow(source, destination)
  await updater.clients.remove('reviewer-9')
  assert.deepEqual(
    listSet().map(({ key }) => key.split(' ')[0]),
    [CLIENT],
  )
  assert.deepEqual(sourcesOfFlows(), [CLIENT])
})

test('a client that is a whole prefix has lost its flows when it is said to have left, those that began outside too', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('crowd', { addresses: '10.80.0.0/16' })
  const peer = await connect()
  addFlows(crowd(20_000), 0)
  makeFlow(CLIENT, '203.0.113.1')
  const left = updater.clients.remove('crowd')
  peer.send(encodeAnswering(await peer.nextRevision()))
  assert.equal((await left).answering, true)
  assert.deepEqual(sourcesOfFlows(), [CLIENT])
})

test('an address that passes from one client to another takes no lease along', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('first', { addresses: [NINE] })
  const peer = await connect()
  await peer.open({ client: NINE })
  await updater.clients.put('first', { addresses: ['10.77.9.3'] })
  assert.deepEqual(listSet(), [])
  await updater.clients.put('second', { addresses: [NINE] })
  assert.deepEqual(listSet(), [])
})

test('clients that have joined are there after a restart, with their leases', async (t) => {
  const { connect, updater, restart } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('reviewer-9', JOINER)
  await (await connect()).open(OWN)
  const again = await restart()
  assert.deepEqual(
    again.leases(ALL).leases.map(({ client, name }) => `${client} ${name}`),
    ['reviewer-9 own.example'],
  )
  await again.clients.remove('reviewer-9')
  assert.deepEqual(listSet(), [])
})

test('while the zone files are broken clients still join and leave', async (t) => {
  const { connect, updater, writeZone } = await startRig(t, { zone: 'example.org\n' })
  writeZone('???\n')
  await updater.reload()
  const peer = await connect()
  await updater.clients.put('reviewer-9', JOINER)
  await eventually('the news', () => peer.revision === updater.status().revision)
  assert.equal((await peer.open(OWN))[0]?.kind, 'open')
  await updater.clients.remove('reviewer-9')
  assert.deepEqual(listSet(), [])
  assert.equal(updater.status().reload.outcome, 'broken')
})

const REFUSED: readonly [name: string, wish: unknown, kind: RosterError['kind'], message: RegExp][] = [
  ['../zones/app', { addresses: NINE }, 'invalid', /expected a client name of letters/],
  ['__proto__', { addresses: NINE }, 'invalid', /that begins with a letter or digit, .* got "__proto__"/],
  ['10.77.0.9', { addresses: NINE }, 'invalid', /and no address, got "10.77.0.9"/],
  ['host', { addresses: NINE }, 'invalid', /"host" is what the gateway itself is called: choose another name/],
  ['new', NINE, 'invalid', /expected an object as/],
  ['new', { adresses: NINE }, 'invalid', /unknown key "adresses"/],
  ['new', {}, 'invalid', /addresses: expected an address or a prefix, got nothing/],
  ['new', { addresses: [] }, 'invalid', /one address or prefix at least/],
  ['new', { addresses: Array(4097).fill(NINE) }, 'invalid', /^addresses: expected 4096 at most, got 4097$/],
  ['new', { interfaces: Array(4097).fill('veth9') }, 'invalid', /^interfaces: expected 4096 at most, got 4097$/],
  ['new', { addresses: '10.77.0.9/24' }, 'invalid', /bits set beyond its length: write 10.77.0.0\/24/],
  ['new', { addresses: NINE, zones: '# \0\nown.example\n' }, 'invalid', /zones: is not text/],
  ['new', { addresses: NINE, zones: ['own.example'] }, 'invalid', /zones: expected the text/],
  ['new', { addresses: NINE, zones: 'own.example\nown.example nonsense\n' }, 'invalid', /^zones:2: "nonsense" is not a port/],
  ['new', { addresses: NINE, zones: '$TIER base\nown.example\n' }, 'invalid', /^zones:1: \$TIER base in the folder of the app tier/],
  ['new', { addresses: NINE, zones: '$CLIENTS sandbox\nown.example\n' }, 'invalid', /these entries are for new alone/],
  ['new', { addresses: CLIENT }, 'conflict', /10.77.0.2 is taken by sandbox/],
  ['sandbox', { addresses: NINE }, 'conflict', /sandbox is in the settings/],
]

test('what makes no sense or clashes is refused with the reason, and leaves nothing behind', async (t) => {
  const { folder, updater } = await startRig(t, { zone: 'example.org\n' })
  const { revision } = updater.status()
  for (const [name, wish, kind, message] of REFUSED) {
    const expected = (error: unknown) => error instanceof RosterError && error.kind === kind && message.test(error.message)
    await assert.rejects(updater.clients.put(name, wish), expected, JSON.stringify([name, wish]))
  }
  await assert.rejects(updater.clients.remove('nobody'), (error) => error instanceof RosterError && error.kind === 'unknown')
  await assert.rejects(updater.clients.remove('sandbox'), (error) => error instanceof RosterError && error.kind === 'conflict')
  assert.deepEqual(readdirSync(join(folder, 'clients')), [])
  assert.equal(updater.status().revision, revision)
})

test('a file of a client that somebody has damaged changes nothing, and is reported by its name', async (t) => {
  const { folder, updater } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('reviewer-9', JOINER)
  const { revision } = updater.status()
  writeFileSync(join(folder, 'clients', 'reviewer-9.client'), 'own.example any\n')
  await updater.reload()
  const { reload, revision: after } = updater.status()
  assert.equal(after, revision)
  assert.match(reload.problems.map(({ file, message }) => `${file}: ${message}`).join(), /reviewer-9\.client: does not begin with a line/)
})

test('while the file of one client is damaged, nobody is told that another has joined or left', async (t) => {
  const { folder, updater } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('reviewer-9', JOINER)
  const damaged = join(folder, 'clients', 'reviewer-7.client')
  writeFileSync(damaged, '')
  const isHeldUp = (error: unknown) => error instanceof RosterError && error.kind === 'held up' && /reviewer-7\.client/.test(error.message)
  await assert.rejects(updater.clients.put('reviewer-8', { addresses: '10.77.8.2' }), isHeldUp)
  await assert.rejects(updater.clients.remove('reviewer-9'), isHeldUp)
  rmSync(damaged)
  await updater.reload()
  assert.deepEqual(
    updater.clients.list().map(({ name }) => name),
    ['sandbox', 'reviewer-8'],
  )
})

for (const [mend, act] of [
  ['removed', (updater: Updater) => updater.clients.remove('reviewer-7')],
  ['written anew', (updater: Updater) => updater.clients.put('reviewer-7', { addresses: '10.77.7.2' })],
] as const) {
  test(`a file of a client that is damaged at the start leaves no policy, is named with the remedy, and can be ${mend} by a call`, async (t) => {
    const { folder, restart } = await startRig(t, { zone: 'example.org\n' })
    writeFileSync(join(folder, 'clients', 'reviewer-7.client'), '\0\0\0\0')
    const updater = await restart()
    const { ruleCount, reload } = updater.status()
    assert.deepEqual([ruleCount, reload.outcome], [0, 'broken'])
    assert.match(reload.problems[0]!.message, /NUL octets: PUT \/clients\/reviewer-7 writes it anew, DELETE \/clients\/reviewer-7 removes/)
    await act(updater)
    assert.deepEqual([updater.status().ruleCount, updater.status().reload.outcome], [1, 'loaded'])
    await assert.rejects(updater.clients.remove('../reviewer-7'), (error) => error instanceof RosterError && error.kind === 'unknown')
  })
}

test('zones of a client that joins keep to the limits of the app tier, each client for itself', async (t) => {
  const { updater } = await startRig(t, {
    zone: 'example.org\n',
    appLimits: { private: false, any: false, wildcards: true, audit: false, ports: undefined, names: 1, clients: undefined },
  })
  for (const [zones, message] of [
    ['own.example any\n', /^zones:1: opens any/],
    ['own.example\nother.example\n', /^zones:2: entry 2 of 2/],
    ['$MODE audit\nown.example\n', /^zones:1: \$MODE audit/],
  ] as const) {
    await assert.rejects(updater.clients.put('new', { addresses: NINE, zones }), (error) => message.test((error as Error).message))
  }
  for (const octet of [8, 9]) await updater.clients.put(`new${octet}`, { addresses: `10.77.9.${octet}`, zones: `own${octet}.example\n` })
  assert.equal(updater.status().reload.outcome, 'loaded')
})

test('while the clients that have joined are read at the start, zone files may change', async (t) => {
  const rig = await startRig(t, { zone: 'example.org\n' })
  for (let n = 0; n < 2000; n++)
    writeFileSync(join(rig.folder, 'clients', `c${n}.client`), `# sallyport client {"addresses":["10.9.${n >> 8}.${n & 255}"]}\n`)
  let round = 0
  const writer = setInterval(() => rig.writeZone(`example.org\nn${round++}.example\n`), 5)
  t.after(() => clearInterval(writer))
  const updater = await rig.restart()
  clearInterval(writer)
  rig.writeZone('last.example\n')
  const peer = await rig.connect()
  await eventually('the last of them is in force', async () => (await peer.open({ name: 'last.example' }))[0]?.kind === 'open')
  assert.equal(updater.clients.list().length, 2001)
})
