import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { assertNothingBut } from '../support/capture.ts'
import { askThrough, createSandbox } from '../support/sandbox.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { addAddresses, GATEWAY4, GATEWAY6, removeAddresses } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const world = await createWorld([
  'dual.example. 300 IN A 192.0.2.10',
  'dual.example. 300 IN AAAA 2001:db8:1::10',
  'other.example. 300 IN A 192.0.2.11',
  'other.example. 300 IN AAAA 2001:db8:1::11',
  'shared.example. 300 IN A 192.0.2.12',
  'shared.example. 300 IN AAAA 2001:db8:1::12',
])
after(() => world.close())
const { alpha, beta, gateway, outside } = world
// Beta is not named: it is known by the address that it asks from, in that family only.
const sallyport = await startForward(world, {
  zones: { 'app.zone': 'dual.example\nother.example\nshared.example\n' },
  clients: { alpha: [alpha.address4, alpha.address6] },
})
after(() => sallyport.stop())
const onGateway = startAgent(gateway)
after(() => onGateway.close())

before(async () => {
  await onGateway.call('serve', { ports: [22, 443, 5432] })
  await onGateway.call('serveDatagrams', { address: alpha.gateway4, port: 9999 })
  await alpha.agent.call('serve', { ports: [8080] })
  await beta.agent.call('serve', { ports: [443, 8080] })
})

test('a dual-stack client that asks over IPv4 connects over IPv6', async () => {
  await assertRefused(alpha.agent, '2001:db8:1::10')
  assert.deepEqual((await alpha.ask('dual.example', 'AAAA')).answers, ['AAAA 2001:db8:1::10'])
  assert.equal(await alpha.reach('2001:db8:1::10'), 'connected')
})

test('a dual-stack client that asks over IPv6 connects over IPv4', async () => {
  await assertRefused(alpha.agent, '192.0.2.11')
  assert.deepEqual((await alpha.ask('other.example', 'A', { server: alpha.gateway6 })).answers, ['A 192.0.2.11'])
  assert.equal(await alpha.reach('192.0.2.11'), 'connected')
})

test('a client is answered NODATA in a family in which it has no known address', async () => {
  const reply = await beta.ask('dual.example', 'AAAA')
  assert.deepEqual([reply.rcode, reply.answers], ['NOERROR', []])
  await assertRefused(beta.agent, '2001:db8:1::10')
})

test("a sandbox that takes its neighbour's source address gets no answer and no connection", async () => {
  await assertReachable(beta, 'shared.example')
  assert.deepEqual((await beta.ask('shared.example', 'AAAA', { server: beta.gateway6 })).answers, ['AAAA 2001:db8:1::12'])
  addAddresses(alpha.namespace, 'eth0', [`${beta.address4}/32`, `${beta.address6}/128`])
  const wire = await world.capture()
  for (const [source, server, address] of [
    [beta.address4, alpha.gateway4, '192.0.2.12'],
    [beta.address6, alpha.gateway6, '2001:db8:1::12'],
  ] as const) {
    const reply = await alpha.ask('shared.example', 'A', { source, server, timeoutMs: 500 })
    assert.deepEqual(reply.answers, [])
    assert.notEqual(reply.rcode, 'NOERROR')
    const { outcome } = await alpha.agent.call('connect', { address, port: 443, source, timeoutMs: 500 })
    assert.notEqual(outcome, 'connected')
  }
  removeAddresses(alpha.namespace, 'eth0', [`${beta.address4}/32`, `${beta.address6}/128`])
  assertNothingBut(await wire.leaving(), [])
})

test('a flow begun from outside reaches no sandbox, and no sandbox answers it', async () => {
  const wire = await world.capture()
  await alpha.agent.call('serveDatagrams', { address: alpha.address4, port: 7777 })
  for (const address of [alpha.address4, alpha.address6]) {
    assert.notEqual((await outside.call('connect', { address, port: 8080, timeoutMs: 500 })).outcome, 'connected')
  }
  assert.equal((await outside.call('exchange', { server: alpha.address4, port: 7777, hex: 'abcd', timeoutMs: 500 })).hex, undefined)
  const fromSandboxes = (await wire.leaving()).filter(({ source, reset }) => !reset && [alpha.address4, alpha.address6].includes(source))
  assertNothingBut(fromSandboxes, [])
})

test('a sandbox reaches no port of the gateway, at any of its addresses, but the resolver', async () => {
  for (const address of [alpha.gateway4, alpha.gateway6, beta.gateway4, beta.gateway6, GATEWAY4, GATEWAY6]) {
    for (const port of [22, 443, 5432]) await assertRefused(alpha.agent, address, port)
  }
  assert.equal((await alpha.agent.call('exchange', { server: alpha.gateway4, port: 9999, hex: 'abcd', timeoutMs: 500 })).hex, undefined)
  assert.equal((await alpha.ask('dual.example', 'A', { tcp: true })).rcode, 'NOERROR')
})

test('a sandbox reaches no other sandbox', async () => {
  for (const address of [beta.address4, beta.address6]) for (const port of [443, 8080]) await assertRefused(alpha.agent, address, port)
})

test('DNS to any server is answered by sallyport, over both transports and families, and none of it leaves', async () => {
  const wire = await world.capture()
  for (const server of ['203.0.113.53', '2001:db8:1::53']) {
    for (const tcp of [false, true]) {
      assert.equal((await alpha.ask('elsewhere.example', 'A', { server, tcp })).rcode, 'NXDOMAIN', `${server} ${tcp ? 'TCP' : 'UDP'}`)
      assert.deepEqual((await alpha.ask('dual.example', 'A', { server, tcp })).answers, ['A 192.0.2.10'])
    }
  }
  assertNothingBut(await wire.leaving(), UPSTREAM_TRAFFIC)
})

test('whoever asks from elsewhere than a sandbox interface, and has no name, is refused and told so', async () => {
  for (const server of [alpha.gateway4, alpha.gateway6]) {
    for (const tcp of [false, true]) {
      const { rcode, ede } = await askThrough(outside, 'dual.example', 'A', { server, tcp })
      assert.deepEqual([rcode, ede], ['REFUSED', [18]], `${server} ${tcp ? 'TCP' : 'UDP'}`)
    }
  }
  assert.equal((await askThrough(onGateway, 'dual.example', 'A', { server: alpha.gateway4 })).rcode, 'NOERROR')
})

test('cloud metadata is refused at once', async () => {
  await assertRefused(alpha.agent, '169.254.169.254', 80)
})

test("the gateway's own traffic is not touched", async () => {
  for (const address of ['192.0.2.200', '2001:db8:1::200']) {
    assert.equal((await onGateway.call('connect', { address, port: 443 })).outcome, 'connected')
  }
})

test('a sandbox whose link appears later is guarded and served as well', async () => {
  const gamma = createSandbox(gateway, world.folder, 'gamma', 3)
  try {
    await eventually(
      'the new sandbox is answered',
      async () => (await gamma.ask('dual.example', 'A', { timeoutMs: 200 })).rcode === 'NOERROR',
    )
    assert.equal(await gamma.reach('192.0.2.10'), 'connected')
    await assertRefused(gamma.agent, '192.0.2.200')
  } finally {
    await gamma.agent.close()
    gamma.namespace.remove()
  }
})
