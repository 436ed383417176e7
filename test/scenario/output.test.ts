import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Row } from '../../src/audit/row.ts'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { startAgent } from '../support/agent-client.ts'
import { assertNothingBut } from '../support/capture.ts'
import { inNamespace } from '../support/netns.ts'
import { listElements } from '../support/nft.ts'
import { taskStatuses } from '../support/process.ts'
import { sendThrough } from '../support/raw.ts'
import { askThrough, reachThrough } from '../support/sandbox.ts'
import { assertRefused, startLocal } from '../support/scenario.ts'
import { GATEWAY4, GATEWAY6, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const NOBODY = 65_534
/** IPPROTO_UDP */
const UDP = 17
const world = await createWorld([
  'www.example. 300 IN A 192.0.2.10',
  'www.example. 300 IN AAAA 2001:db8:1::10',
  'fresh.example. 300 IN A 192.0.2.11',
  `upstream.example. 300 IN A ${UPSTREAM4}`,
  'later.example. 300 IN A 192.0.2.12',
])
after(() => world.close())
const { gateway } = world
const agent = startAgent(gateway, { uid: NOBODY })
after(() => agent.close())
const sallyport = await startLocal(world, agent, {
  zones: { 'app.zone': 'www.example\nfresh.example\nlater.example\n203.0.113.0/25\n', 'upstream.zone': 'upstream.example\n' },
  updater: { guard: 'output' },
})
after(() => sallyport.stop())

const ask = (name: string, type = 'A', server = '127.0.0.1', tcp = false) => askThrough(agent, name, type, { server, tcp })

/** What the updater has written to the decision log. */
function updaterLog(): Record<string, unknown>[] {
  const text = readFileSync(join(sallyport.folder, 'journal/updater/000000000001.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a process of the namespace reaches an address only after it has resolved an allowed name, and only the port', async () => {
  await assertRefused(agent, '192.0.2.10')
  assert.deepEqual((await ask('www.example')).answers, ['A 192.0.2.10'])
  assert.equal(await reachThrough(agent, '192.0.2.10', 443), 'connected')
  await assertRefused(agent, '192.0.2.10', 80)
})

test('what is asked over loopback opens for connections from any address of the namespace, in both families', async () => {
  assert.deepEqual((await ask('www.example', 'AAAA', '::1')).answers, ['AAAA 2001:db8:1::10'])
  assert.equal(await reachThrough(agent, '2001:db8:1::10', 443), 'connected')
})

test('elements carry no client', () => {
  const keys = listElements(gateway, 'sallyport', 'allow4').map(({ key }) => key)
  assert.deepEqual(keys, ['192.0.2.10 . tcp . 443'])
})

test('a static prefix is open', async () => {
  assert.equal(await reachThrough(agent, '203.0.113.5', 443), 'connected')
  await assertRefused(agent, '203.0.113.200')
})

test('a denied name is denied, and DNS to any other server is answered by sallyport, so that nothing but its own questions leaves', async () => {
  const wire = await world.capture()
  for (const server of ['127.0.0.1', '203.0.113.53', '2001:db8:1::53', UPSTREAM4]) {
    for (const tcp of [false, true])
      assert.equal((await ask('denied.example', 'A', server, tcp)).rcode, 'NXDOMAIN', `${server} ${tcp ? 'TCP' : 'UDP'}`)
  }
  assertNothingBut(await wire.leaving(), [])
})

type Asking = readonly [server: string, source?: string]

/** A connected socket hears whom it asked, and nobody else. */
async function assertDenies(server: string, source: string | undefined, tcp: boolean): Promise<void> {
  const reply = await askThrough(agent, 'denied.example', 'A', { server, tcp, timeoutMs: 2_000, ...(source ? { source } : {}) })
  assert.equal(reply.rcode, 'NXDOMAIN', `${server} from ${source ?? 'any address'} over ${tcp ? 'TCP' : 'UDP'}`)
}

test('a query to the resolver itself begins no flow; one that is meant for another server does, and that server answers it', async () => {
  const direct: readonly Asking[] = [['127.0.0.1'], ['::1']]
  const others: readonly Asking[] = [
    ['127.0.0.53'],
    ['127.0.0.11'],
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.1', GATEWAY4],
    [GATEWAY4],
    ['203.0.113.53'],
    ['::1', GATEWAY6],
    [GATEWAY6],
    [GATEWAY6, '::1'],
    ['2001:db8:1::53', '::1'],
    ['2001:db8:1::53'],
  ]
  const conntrack = inNamespace(gateway, openConntrack)
  try {
    for (const family of [4, 6] as const) conntrack.deleteFlows(family, () => true)
    for (const [server, source] of [...direct, ...others]) await assertDenies(server, source, false)
    const begun = [...conntrack.flows(4), ...conntrack.flows(6)].filter(({ protocol }) => protocol === UDP)
    assert.deepEqual(begun.map(({ destination }) => destination).sort(), others.map(([server]) => server).sort())
    for (const [server, source] of [...direct, ...others]) await assertDenies(server, source, true)
  } finally {
    conntrack.close()
  }
})

test('a query through one device does not leave by it, to whatever server: the kernel redirects it, and does not look for another way', async () => {
  const wire = await world.capture()
  for (const server of ['127.0.0.1', '127.0.0.53', '203.0.113.53', '::1', '2001:db8:1::53'])
    assert.throws(() => sendThrough(gateway, 'wan0', server, 53, 'stray'), /errno 1$/, `to ${server}: EPERM`)
  assertNothingBut(await wire.leaving(), [])
})

test("the resolver's uid is exempt towards the configured upstream's port alone, and nobody else is", async () => {
  const { uid } = taskStatuses(sallyport.part('resolver')!)[0]!
  const asResolver = startAgent(gateway, { uid })
  try {
    await assertRefused(asResolver, '192.0.2.200', 443)
    await assertRefused(asResolver, UPSTREAM4, 443)
    const wire = await world.capture()
    assert.equal((await askThrough(asResolver, 'denied.example', 'A', { server: UPSTREAM4 })).rcode, 'NXDOMAIN')
    assertNothingBut(await wire.leaving(), UPSTREAM_TRAFFIC)
  } finally {
    await asResolver.close()
  }
})

test('root is bound as well', async () => {
  const asRoot = startAgent(gateway)
  try {
    await assertRefused(asRoot, '192.0.2.200')
  } finally {
    await asRoot.close()
  }
})

test('loopback is free', async () => {
  const server = startAgent(gateway)
  try {
    await server.call('serve', { ports: [8080] })
    for (const address of ['127.0.0.1', '::1']) assert.equal(await reachThrough(agent, address, 8080), 'connected')
  } finally {
    await server.close()
  }
})

test('the catalogue has one client, the namespace, by whatever address it asked, and nothing of what the resolver does', async () => {
  const expected = [
    'host 203.0.113.200 tcp/443 deny no-rule',
    'host 203.0.113.5 tcp/443 allow ',
    'host www.example tcp/443 allow ',
    'host www.example tcp/80 deny port',
  ]
  const seen = await eventually('all is listed', () => {
    const { rows } = JSON.parse(sallyport.cli('audit', '--json').stdout) as { rows: Row[] }
    const lines = rows.map(({ client, destination, protocol, port, verdict, reason }) =>
      [client, destination, `${protocol}/${port}`, verdict, reason ?? ''].join(' '),
    )
    return expected.every((line) => lines.includes(line)) && rows
  })
  assert.deepEqual([...new Set(seen.map(({ client }) => client))], ['host'])
  assert.deepEqual(seen.find(({ destination, port }) => destination === 'www.example' && port === 443)!.addresses, [
    '192.0.2.10',
    '2001:db8:1::10',
  ])
  assert.ok(seen.filter(({ verdict }) => verdict === 'allow').every(({ rules }) => rules.length === 1))
  const contact = await eventually('it is written', () =>
    updaterLog().find(({ event, address }) => event === 'contact' && address === '2001:db8:1::10'),
  )
  assert.deepEqual(contact.names, ['www.example'], 'asked over ::1')
  assert.deepEqual(
    seen.filter(({ destination, port }) => destination === UPSTREAM4 && port === 53),
    [],
  )
})

test('a name revoked that led to the upstream takes nothing from the resolver, which goes on asking there', async () => {
  assert.deepEqual((await ask('upstream.example')).answers, [`A ${UPSTREAM4}`])
  sallyport.removeZone('upstream.zone')
  await eventually('it is revoked', async () => (await ask('upstream.example')).rcode === 'NXDOMAIN')
  assert.deepEqual(
    listElements(gateway, 'sallyport', 'revoked4').map(({ key }) => key),
    [UPSTREAM4],
  )
  assert.deepEqual((await ask('later.example')).answers, ['A 192.0.2.12'])
})

test('a killed updater changes nothing for what is open, and nothing unfiltered leaves until it is back', async () => {
  const wire = await world.capture()
  process.kill(sallyport.part('updater')!, 'SIGKILL')
  assert.equal(await reachThrough(agent, '192.0.2.10', 443), 'connected')
  await assertRefused(agent, '192.0.2.200')
  await eventually('a new name is answered', async () => (await ask('fresh.example')).answers.length > 0)
  assert.equal(await reachThrough(agent, '192.0.2.11', 443), 'connected')
  const flows = ['192.0.2.10', '192.0.2.11'].map((destination) => ({ destination, destinationPort: 443 }))
  assertNothingBut(await wire.leaving(), [...UPSTREAM_TRAFFIC, ...flows])
})
