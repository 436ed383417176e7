import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const NAMES = { ranged: 10, any: 11, several: 12, datagram: 13, private: 14, ended: 15, timed: 16, srv: 17 } as const
const world = await createWorld([
  ...Object.entries(NAMES).flatMap(([name, host]) => [
    `${name}.example. 300 IN A 192.0.2.${host}`,
    `${name}.example. 300 IN AAAA 2001:db8:1::${host}`,
  ]),
  'inside.example. 300 IN A 10.99.0.5',
  'inside.example. 300 IN AAAA fd99::5',
  '_service._tcp.example. 300 IN SRV 0 0 443 srv.example.',
  'canonical.example. 300 IN CNAME target.elsewhere.',
  'target.elsewhere. 300 IN A 192.0.2.40',
  'many.example. 0 IN A 192.0.2.41',
  'many.example. 0 IN A 192.0.2.42',
  'many.example. 0 IN A 192.0.2.43',
])
after(() => world.close())
const { alpha, beta, outside } = world
const sallyport = await startForward(world, {
  zones: {
    'app.zone': `ranged.example 8000-8100
any.example any
several.example tcp/443 8443
datagram.example udp/443
inside.example tcp/5432 private
ended.example until=2020-01-01
timed.example until=2099-12-31
_service._tcp.example types=SRV
canonical.example
many.example
203.0.113.0/25 tcp/443
2001:db8:1:f::/64 tcp/443
203.0.113.200 any
!203.0.113.7
`,
    'beta.zone': '$CLIENTS beta\n203.0.113.128/26 tcp/80\n',
  },
})
after(() => sallyport.stop())

const UDP_SERVERS = ['192.0.2.13', '2001:db8:1::13', '192.0.2.11', '203.0.113.200']
before(async () => {
  for (const address of UDP_SERVERS) for (const port of [443, 444]) await outside.call('serveDatagrams', { address, port })
})

async function echoes(address: string, port: number): Promise<boolean> {
  return (await alpha.agent.call('exchange', { server: address, port, hex: 'beef', timeoutMs: 500 })).hex === 'beef'
}

test('a range opens its ports, both ends included, and none beside them', async () => {
  for (const [type, address] of [
    ['A', '192.0.2.10'],
    ['AAAA', '2001:db8:1::10'],
  ] as const) {
    await assertReachable(alpha, 'ranged.example', type, 8000)
    for (const port of [8050, 8100]) assert.equal(await alpha.reach(address, port), 'connected')
    for (const port of [443, 7999]) await assertRefused(alpha.agent, address, port)
  }
})

test('any opens every TCP and UDP port', async () => {
  await assertReachable(alpha, 'any.example', 'A', 22)
  assert.equal(await alpha.reach('192.0.2.11', 9000), 'connected')
  assert.equal(await echoes('192.0.2.11', 443), true)
})

test('several ports are open, others of the name are not', async () => {
  for (const port of [443, 8443]) await assertReachable(alpha, 'several.example', 'A', port)
  await assertRefused(alpha.agent, '192.0.2.12', 80)
})

test('a udp port opens for UDP and not for TCP', async () => {
  await alpha.ask('datagram.example')
  await alpha.ask('datagram.example', 'AAAA')
  for (const address of ['192.0.2.13', '2001:db8:1::13']) {
    assert.equal(await echoes(address, 443), true, address)
    assert.equal(await echoes(address, 444), false, address)
    await assertRefused(alpha.agent, address, 443)
  }
})

test('a private name reaches special-purpose addresses, at its port', async () => {
  await assertReachable(alpha, 'inside.example', 'A', 5432)
  await assertReachable(alpha, 'inside.example', 'AAAA', 5432)
  await assertRefused(alpha.agent, '10.99.0.5', 443)
})

test('an entry whose time is over is absent, one whose time is to come is not', async () => {
  assert.equal((await alpha.ask('ended.example')).rcode, 'NXDOMAIN')
  await assertReachable(alpha, 'timed.example')
})

test('a type that the entry adds is answered, and opens nothing', async () => {
  assert.deepEqual((await alpha.ask('_service._tcp.example', 'SRV')).rcode, 'NOERROR')
  assert.equal((await alpha.ask('_service._tcp.example', 'SRV')).answers.length, 1)
  await assertRefused(alpha.agent, '192.0.2.17')
})

test('the address at the end of a CNAME chain is opened, and its owner does not become an allowed name', async () => {
  await assertReachable(alpha, 'canonical.example')
  assert.equal((await alpha.ask('target.elsewhere')).rcode, 'NXDOMAIN')
})

test('every address of an answer is open, even with a TTL of zero', async () => {
  assert.equal((await alpha.ask('many.example')).answers.length, 3)
  for (const host of [41, 42, 43]) assert.equal(await alpha.reach(`192.0.2.${host}`), 'connected')
})

test('a static prefix is open without any name, at its ports, for its clients', async () => {
  for (const address of ['203.0.113.0', '203.0.113.1', '203.0.113.127', '2001:db8:1:f::1', '2001:db8:1:f:ffff::1']) {
    assert.equal(await alpha.reach(address), 'connected', address)
    await assertRefused(alpha.agent, address, 80)
  }
  for (const address of ['203.0.113.128', '203.0.113.130', '2001:db8:1:e::1', '2001:db8:1:10::1'])
    await assertRefused(alpha.agent, address, 443)
  assert.equal(await beta.reach('203.0.113.130', 80), 'connected')
  await assertRefused(alpha.agent, '203.0.113.130', 80)
})

test('a static address with any is open at every port of TCP and UDP', async () => {
  assert.equal(await alpha.reach('203.0.113.200', 9000), 'connected')
  assert.equal(await echoes('203.0.113.200', 444), true)
})

test('a denied address stays closed inside an allowed prefix', async () => {
  await assertRefused(alpha.agent, '203.0.113.7')
})
