// updater.snat: whatever leaves carries the fixed address, seen from the far side; without that address on the host, nothing leaves.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { assertNothingBut, type Permitted } from '../support/capture.ts'
import { sendRaw, tcpPacket } from '../support/raw.ts'
import { createSandbox } from '../support/sandbox.ts'
import { assertReachable, assertRefused, clientsOf, startForward } from '../support/scenario.ts'
import { addAddresses, GATEWAY4, removeAddresses } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const FIXED = { 4: '198.51.100.9', 6: '2001:db8:ff::9', beta: '198.51.100.10' } as const
const CREW = { 4: '198.51.100.11', 6: '2001:db8:ff::11' } as const
const SITE = { 4: '192.0.2.10', 6: '2001:db8:1::10' } as const
const RST = 4
const ACK = 16

const world = await createWorld([`www.example. 300 IN A ${SITE[4]}`, `www.example. 300 IN AAAA ${SITE[6]}`])
after(() => world.close())
const { alpha, beta, gateway } = world
const gamma = createSandbox(gateway, world.folder, 'gamma', 3)
after(async () => {
  await gamma.agent.close()
  gamma.namespace.remove()
})
const ZONES = { 'app.zone': `www.example\n203.0.113.0/24\n` }
addAddresses(gateway, 'wan0', [`${FIXED[4]}/32`, `${FIXED[6]}/128`, `${FIXED.beta}/32`, `${CREW[4]}/32`, `${CREW[6]}/128`])
// Somebody else who masquerades everything, as Docker does.
gateway.run(['nft', '-f', '-'], 'table ip foreign { chain post { type nat hook postrouting priority srcnat; masquerade; }; }')

const fromFixed: readonly Permitted[] = [...UPSTREAM_TRAFFIC, { source: [FIXED[4], FIXED[6], FIXED.beta, CREW[4], CREW[6]] }]

// Without a fixed address first: what began then has the sandbox's own, over IPv6.
const before = await startForward(world, { zones: ZONES })
await assertReachable(alpha, 'www.example', 'AAAA')
const early = await alpha.agent.call('openFlow', { address: SITE[6], port: 443 })
await before.stop()

const wire = await world.capture()
const sallyport = await startForward(world, {
  zones: ZONES,
  clients: { ...clientsOf(world), crew: ['10.77.3.0/24', 'fd77:3::/64'] },
  updater: { snat: { everybody: [FIXED[4], FIXED[6]], clients: { beta: FIXED.beta, crew: [CREW[4], CREW[6]] } } },
})
after(() => sallyport.stop())

test('a flow from before ends, and none of it leaves with the address of the sandbox', async () => {
  assert.notEqual(await alpha.agent.call('talk', { flow: early, line: 'still here' }), 'still here')
  assertNothingBut(await wire.leaving(), fromFixed)
})

test('the far side sees the fixed address of each family, and of each client its own', async () => {
  await assertReachable(alpha, 'www.example', 'A')
  await assertReachable(alpha, 'www.example', 'AAAA')
  await assertReachable(beta, 'www.example', 'A')
  assert.equal(await alpha.reach('203.0.113.7'), 'connected')
  const sources = new Set((await wire.leaving()).filter(({ destination }) => destination === SITE[4]).map(({ source }) => source))
  assert.deepEqual([...sources].sort(), [FIXED.beta, FIXED[4]].sort())
  assertNothingBut(await wire.leaving(), fromFixed)
})

test('a group of sandboxes, a client that has prefixes, leaves by one address of each family', async () => {
  for (const [family, type, server, members] of [
    [4, 'A', gamma.gateway4, ['10.77.3.2', '10.77.3.77']],
    [6, 'AAAA', gamma.gateway6, ['fd77:3::2', 'fd77:3::77']],
  ] as const) {
    addAddresses(gamma.namespace, 'eth0', [`${members[1]}/${family === 4 ? 32 : 128}`])
    const before = (await wire.leaving()).length
    for (const source of members) {
      assert.equal((await gamma.ask('www.example', type, { source, server })).rcode, 'NOERROR')
      assert.equal((await gamma.agent.call('connect', { address: SITE[family], port: 443, source })).outcome, 'connected')
    }
    const toSite = (await wire.leaving()).slice(before).filter(({ destination }) => destination === SITE[family])
    assert.deepEqual([...new Set(toSite.map(({ source }) => source))], [CREW[family]])
  }
})

test('a family for which no fixed address is set does not leave', async () => {
  await beta.ask('www.example', 'AAAA')
  await assertRefused(beta.agent, SITE[6])
  assertNothingBut(await wire.leaving(), fromFixed)
})

test('segments that belong to no flow leave with the fixed address or not at all', async () => {
  await assertReachable(alpha, 'www.example', 'A')
  for (const [source, destination] of [
    [alpha.address4, SITE[4]],
    [alpha.address6, SITE[6]],
  ] as const) {
    for (const flags of [ACK, RST, RST | ACK, 1, 0, 63]) {
      sendRaw(alpha.namespace, tcpPacket({ source, destination }, { from: 40_100 + flags, to: 443 }, flags, 'stray'))
    }
  }
  assertNothingBut(await wire.leaving(), fromFixed)
})

test('status and doctor say which address a target sees', () => {
  const { stdout } = sallyport.cli('status')
  assert.match(stdout, new RegExp(`^egress: everybody is seen as ${FIXED[4]}$`, 'm'))
  assert.match(stdout, new RegExp(`^egress: beta is seen as ${FIXED.beta}$`, 'm'))
  assert.match(stdout, /^egress: nothing of beta leaves over IPv6: updater\.snat names no IPv6 address$/m)
  assert.match(sallyport.cli('doctor', '--no-rehearsal').stdout, new RegExp(`everybody is seen as ${FIXED[4]}`))
})

test('when the address is taken from the host nothing leaves, open connections included, and the reason is said; when it is back, all does', async () => {
  const flow = await alpha.agent.call('openFlow', { address: SITE[4], port: 443 })
  removeAddresses(gateway, 'wan0', [`${FIXED[4]}/32`])
  await sallyport.logged(/nothing leaves/)
  await eventually('connections are refused', async () => (await alpha.reach(SITE[4])) !== 'connected')
  const alone = await world.capture()
  await assertRefused(alpha.agent, SITE[4])
  await assertRefused(alpha.agent, '203.0.113.7')
  assert.notEqual(await alpha.agent.call('talk', { flow, line: 'and now' }), 'and now')
  assert.equal(await beta.reach(SITE[4]), 'connected')
  assertNothingBut(await alone.leaving(), [...UPSTREAM_TRAFFIC, { source: FIXED.beta }])
  assert.match(sallyport.cli('status').stdout, /nothing of everybody leaves over IPv4: 198\.51\.100\.9 is not on this host: ip address add/)
  assert.match(sallyport.cli('doctor', '--no-rehearsal').stdout, /^BAD +egress address: .*198\.51\.100\.9 is not on this host/m)
  addAddresses(gateway, 'wan0', [`${FIXED[4]}/32`])
  await eventually('connections pass', async () => (await alpha.reach(SITE[4])) === 'connected')
  assertNothingBut(await wire.leaving(), fromFixed)
})

test("the gateway's own traffic is not touched", async () => {
  const onGateway = startAgent(gateway)
  assert.equal((await onGateway.call('connect', { address: '192.0.2.200', port: 443 })).outcome, 'connected')
  await onGateway.close()
  const own = (await wire.leaving()).filter(({ destination }) => destination === '192.0.2.200')
  assert.deepEqual([...new Set(own.map(({ source }) => source))], [GATEWAY4])
})
