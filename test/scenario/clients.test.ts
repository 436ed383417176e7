// Sandboxes that come and go at run time, by calls to the updater's control socket, while others resolve and connect.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { journalPaths } from '../../src/journal/folder.ts'
import type { Member } from '../../src/updater/updater.ts'
import { filesOf, linesOf } from '../journal/log.ts'
import { createSandbox } from '../support/sandbox.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const STEADY = Array.from({ length: 8 }, (_, index) => `steady${index}.example`)
const world = await createWorld([
  ...STEADY.map((name, index) => `${name}. 5 IN A 192.0.2.${index + 1}`),
  'own.example. 300 IN A 192.0.2.20',
  'own.example. 300 IN AAAA 2001:db8:1::20',
])
after(() => world.close())
const { alpha, beta, gateway } = world
const gamma = createSandbox(gateway, world.folder, 'gamma', 3)
after(async () => {
  await gamma.agent.close()
  gamma.namespace.remove()
})
const sallyport = await startForward(world, {
  zones: { 'app.zone': `$CLIENTS alpha beta\n${STEADY.join('\n')}\n` },
})
after(() => sallyport.stop())
const socket = join(sallyport.state, 'updater-control.sock')

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & { readonly error?: string; readonly answering?: boolean }
}

/** What the README says to do, word by word: curl over the socket. */
function call(method: string, path: string, value?: unknown): Answer {
  const body = value === undefined ? [] : ['--data', JSON.stringify(value)]
  const words = ['curl', '-s', '--unix-socket', socket, '-X', method, `http://localhost${path}`, ...body, '-w', '%{http_code}']
  const output = gateway.run(words)
  return { status: Number(output.slice(-3)), body: JSON.parse(output.slice(0, -3)) }
}

const GAMMA = { addresses: [gamma.address4, gamma.address6], zones: 'own.example\n' }

test('a sandbox that joins resolves and connects at once, under its name, in both families', async () => {
  assert.equal((await gamma.ask('own.example')).rcode, 'NXDOMAIN')
  const { status, body } = call('PUT', '/clients/gamma', GAMMA)
  assert.deepEqual([status, body.answering], [200, true], body.error)
  await assertReachable(gamma, 'own.example')
  await assertReachable(gamma, 'own.example', 'AAAA')
  assert.equal((await alpha.ask('own.example')).rcode, 'NXDOMAIN')
  assert.match(sallyport.cli('status').stdout, /gamma +own\.example +192\.0\.2\.20/)
  assert.equal(sallyport.cli('why', 'own.example', '--client', 'gamma').status, 0)
  assert.equal((await gamma.ask('denied.example')).rcode, 'NXDOMAIN')
  await sallyport.logged(/"client":"gamma","name":"denied.example"/)
})

test('one that leaves loses its connections and everything it had open', async () => {
  const flow = await gamma.agent.call('openFlow', { address: '192.0.2.20', port: 443 })
  assert.equal(await gamma.agent.call('talk', { flow, line: 'still here' }), 'still here')
  assert.equal(call('DELETE', '/clients/gamma').status, 200)
  assert.notEqual(await gamma.agent.call('talk', { flow, line: 'and now' }), 'and now')
  await assertRefused(gamma.agent, '192.0.2.20')
  assert.equal((await gamma.ask('own.example')).rcode, 'NXDOMAIN')
})

test('joining and leaving take milliseconds, and disturb nobody who resolves and connects meanwhile', async (t) => {
  const rounds = 40
  await beta.agent.call('startVisiting', { names: STEADY, port: 443, everyMs: 5 })
  const milliseconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    const wish = round % 2 === 0 ? GAMMA : { addresses: `10.78.${round}.0/24`, zones: 'own.example any\n' }
    assert.equal(call('PUT', `/clients/joiner-${round}`, wish).body.answering, true)
    milliseconds.push(performance.now() - start)
    if (round % 2 === 0) await assertReachable(gamma, 'own.example')
    assert.equal(call('DELETE', `/clients/joiner-${round}`).status, 200)
    if (round % 2 === 0) await assertRefused(gamma.agent, '192.0.2.20')
  }
  const visits = await beta.agent.call('stopVisiting')
  assert.ok(visits.length > STEADY.length * rounds)
  assert.deepEqual(visits.filter(({ outcome }) => outcome !== 'connected').slice(0, 5), [])
  const median = milliseconds.toSorted((a, b) => a - b)[rounds / 2]!
  t.diagnostic(`a join took ${median.toFixed(0)} ms (median, curl's start included)`)
  assert.ok(median < 100)
})

test('who joined and left, with what zones, when and by whose call, is in the decision log, which stays whole', async () => {
  const journal = join(sallyport.folder, 'journal')
  const read = () =>
    filesOf(journalPaths(journal), 'updater')
      .flatMap(linesOf)
      .map((line) => JSON.parse(line))
      .filter(({ event, client }) => event === 'client' && client === 'gamma')
  await eventually('it is written', () => Promise.resolve(read().length >= 2), 10_000)
  const [joined, left] = read()
  assert.deepEqual(
    { ...joined, seq: 0, prev: '', time: '', by: { ...joined.by, pid: 0 } },
    {
      ...{ seq: 0, prev: '', time: '', event: 'client', change: 'joined', client: 'gamma', interfaces: [] },
      addresses: GAMMA.addresses,
      zones: GAMMA.zones,
      zonesSha256: createHash('sha256').update(GAMMA.zones).digest('hex'),
      by: { pid: 0, uid: 0 },
    },
  )
  assert.ok(joined.by.pid > 1 && Math.abs(Date.parse(joined.time) - Date.now()) < 300_000)
  assert.deepEqual([left.change, left.by.uid], ['left', 0])
  const verified = sallyport.cli('log', 'verify')
  assert.equal(verified.status, 0, verified.stdout)
})

test('what cannot be done is refused with the reason', () => {
  assert.deepEqual(call('PUT', '/clients/gamma', { addresses: alpha.address4 }), {
    status: 409,
    body: { error: `${alpha.address4} is taken by alpha` },
  })
  assert.deepEqual(call('PUT', '/clients/gamma', { ...GAMMA, zones: 'own.example:443\n' }).status, 400)
  assert.equal(call('DELETE', '/clients/gamma').status, 404)
  assert.equal(call('POST', '/clients/gamma', GAMMA).status, 405)
  assert.equal(call('PUT', '/zones/gamma', GAMMA).status, 404)
  assert.equal(statSync(socket).mode & 0o777, 0o600)
})

test('sandboxes that have joined are there after both parts were killed', async () => {
  call('PUT', '/clients/gamma', GAMMA)
  await assertReachable(gamma, 'own.example')
  for (const part of ['resolver', 'updater'] as const) process.kill(sallyport.part(part)!, 'SIGKILL')
  await eventually('it is answered again', async () => (await gamma.ask('own.example', 'A', { timeoutMs: 200 })).rcode === 'NOERROR')
  await assertReachable(gamma, 'own.example')
  const members = call('GET', '/clients').body as unknown as readonly Member[]
  assert.deepEqual(
    members.map(({ name, from }) => `${name} ${from}`),
    ['alpha settings', 'beta settings', 'gamma call'],
  )
})

test('whoever has the address of one that has left is told of nothing that the other did, and the log has that', async () => {
  interface Contacted {
    readonly client: string
    readonly address: string
  }
  const contactsOf = (client: string) =>
    (call('GET', '/contacts').body as unknown as readonly Contacted[])
      .filter((each) => each.client === client)
      .map(({ address }) => address)
  await assertReachable(gamma, 'own.example')
  await assertRefused(gamma.agent, '192.0.2.99')
  call('DELETE', '/clients/gamma')
  assert.equal(call('PUT', '/clients/heir', { ...GAMMA, zones: '' }).status, 200)
  assert.deepEqual(contactsOf('heir'), [])
  await assertRefused(gamma.agent, '192.0.2.98')
  assert.deepEqual(contactsOf('heir'), ['192.0.2.98'])
  const logged = () =>
    filesOf(journalPaths(join(sallyport.folder, 'journal')), 'updater')
      .flatMap(linesOf)
      .map((line) => JSON.parse(line))
      .filter(({ event, client }) => event === 'contact' && client === 'gamma')
      .map(({ address }) => address)
  await eventually(
    'it is written',
    () => Promise.resolve(['192.0.2.20', '192.0.2.99'].every((address) => logged().includes(address))),
    10_000,
  )
})
