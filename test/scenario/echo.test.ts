// ICMP echo, by the setting: to addresses that are open, and to no others.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { letEverybodyPing, openPing, pingOnce } from '../support/ping.ts'
import { icmpPacket, sendRaw } from '../support/raw.ts'
import { startForward } from '../support/scenario.ts'
import { addAddresses } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const OPEN = { A: '192.0.2.10', AAAA: '2001:db8:1::10' } as const
const OTHER = { A: '192.0.2.11', AAAA: '2001:db8:1::11' } as const
const FIXED = ['198.51.100.9', '2001:db8:ff::9']
const ZONE = 'open.example 8443\nany.example any\n203.0.113.0/25 tcp/80\n203.0.113.0/26 udp/80\n2001:db8:1:f::/64 443\n'

const world = await createWorld([
  `open.example. 300 IN A ${OPEN.A}`,
  `open.example. 300 IN AAAA ${OPEN.AAAA}`,
  'any.example. 300 IN A 192.0.2.20',
])
after(() => world.close())
const { alpha, beta, gateway } = world
for (const { namespace } of [alpha, beta]) letEverybodyPing(namespace)
addAddresses(gateway, 'wan0', [`${FIXED[0]}/32`, `${FIXED[1]}/128`])
const sallyport = await startForward(world, { zones: { 'app.zone': ZONE }, updater: { echo: true, snat: FIXED } })
after(() => sallyport.stop())

for (const type of ['A', 'AAAA'] as const)
  test(`${type}: a name that was asked for lets its address be pinged, by who asked for it; other addresses refuse at once`, async () => {
    const wire = await world.capture()
    assert.equal(pingOnce(alpha.namespace, OPEN[type]), 'refused')
    assert.deepEqual(
      (await wire.leaving()).filter(({ protocol }) => protocol.startsWith('icmp')),
      [],
    )
    await alpha.ask('open.example', type)
    assert.equal(pingOnce(alpha.namespace, OPEN[type]), 'answered')
    const [request] = (await wire.leaving()).filter(({ protocol }) => protocol.startsWith('icmp'))
    assert.deepEqual([request?.source, request?.destination], [FIXED[type === 'A' ? 0 : 1], OPEN[type]])
    assert.equal(pingOnce(alpha.namespace, OTHER[type]), 'refused')
    assert.equal(pingOnce(beta.namespace, OPEN[type]), 'refused')
    for (const address of type === 'A' ? [beta.address4, alpha.gateway4] : [beta.address6, alpha.gateway6])
      assert.equal(pingOnce(alpha.namespace, address), 'refused', address)
  })

test('an address that is open on any port, or by a static entry, can be pinged too', async () => {
  await alpha.ask('any.example')
  for (const address of ['192.0.2.20', '203.0.113.0', '203.0.113.63', '203.0.113.64', '203.0.113.127', '2001:db8:1:f::7'])
    assert.equal(pingOnce(alpha.namespace, address), 'answered', address)
  for (const address of ['203.0.113.128', '2001:db8:1:e::1', '169.254.169.254'])
    assert.equal(pingOnce(alpha.namespace, address), 'refused', address)
})

test('what a request carries arrives, as what is sent to an open port does: in fragments too', async () => {
  await alpha.ask('open.example')
  assert.equal(pingOnce(alpha.namespace, OPEN.A, Buffer.alloc(20_000, 7)), 'answered')
})

test('nothing of ICMP beside the request passes: no reply that nobody asked for, no other type or code', async () => {
  await alpha.ask('open.example')
  const wire = await world.capture()
  const ends = { source: alpha.address4, destination: OPEN.A }
  for (const [type, code] of [
    [0, 0],
    [8, 1],
    [13, 0],
    [17, 0],
  ] as const)
    sendRaw(alpha.namespace, icmpPacket(ends, type, code, Buffer.alloc(16)))
  const upstream = new Set(UPSTREAM_TRAFFIC.flatMap(({ destination }) => destination))
  const leaving = (await wire.leaving()).filter(({ destination }) => destination !== undefined && !upstream.has(destination))
  assert.deepEqual(leaving, [])
  letEverybodyPing(world.internet)
  world.internet.run(['ip', 'route', 'replace', '10.77.0.0/16', 'via', '198.51.100.1', 'src', '198.51.100.2'])
  assert.notEqual(pingOnce(world.internet, alpha.address4), 'answered')
})

test('a revocation ends a ping that is under way', async () => {
  await alpha.ask('open.example')
  const { ping, close } = openPing(alpha.namespace, OPEN.A)
  assert.equal(ping(), 'answered')
  sallyport.writeZone('app.zone', ZONE.replace('open.example 8443\n', ''))
  await eventually('it is refused', () => Promise.resolve(ping() === 'refused'), 2_000)
  close()
  sallyport.writeZone('app.zone', ZONE)
})

test('the sets say so, and status does', async () => {
  await eventually('it is allowed again', async () => (await alpha.ask('open.example')).rcode === 'NOERROR')
  assert.match(sallyport.cli('status').stdout, /alpha +open\.example +192\.0\.2\.10 +icmp\/echo tcp\/8443/)
})
