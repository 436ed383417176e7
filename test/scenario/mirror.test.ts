import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { listElements, listTables } from '../support/nft.ts'
import { assertReachable, assertRefused, startLocal } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'follows.example. 300 IN A 192.0.2.10',
  'follows.example. 300 IN AAAA 2001:db8:1::10',
  'lasting.example. 300 IN A 192.0.2.11',
  'denied.example. 300 IN A 192.0.2.12',
])
after(() => world.close())
const { alpha, gateway } = world
const agent = startAgent(gateway)
after(() => agent.close())

/** What a user has already: a firewall of their own, with rules on sets that nobody fills yet. */
const OWN_FIREWALL = `table inet fw {
  set allowed4 { type ipv4_addr; flags timeout; }
  set allowed6 { type ipv6_addr; flags timeout; }
  set lasting4 { type ipv4_addr; }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    ip daddr @allowed4 accept
    ip6 daddr @allowed6 accept
    iifname "sbx*" reject
  }
}`
gateway.run(['nft', '-f', '-'], OWN_FIREWALL)
const sallyport = await startLocal(world, agent, {
  zones: { 'app.zone': 'follows.example\nlasting.example\n' },
  updater: { mirror: ['inet fw allowed4', 'inet fw allowed6', 'inet fw lasting4'] },
  listen: `${alpha.gateway4}:53`,
})
after(() => sallyport.stop())

test("with guard: none the user's own rule on their own sets follows the allowed names", async () => {
  await assertRefused(alpha.agent, '192.0.2.10')
  await assertReachable(alpha, 'follows.example')
  await assertReachable(alpha, 'follows.example', 'AAAA')
})

test('a denied name fills no set', async () => {
  assert.equal((await alpha.ask('denied.example')).rcode, 'NXDOMAIN')
  await assertRefused(alpha.agent, '192.0.2.12')
})

test('a set with timeouts gets plain addresses with the lease, a set without gets them for good', async () => {
  const [timed] = listElements(gateway, 'fw', 'allowed4')
  assert.equal(timed?.key, '192.0.2.10')
  assert.ok(timed.timeoutSeconds > 300 && timed.timeoutSeconds <= 360, String(timed.timeoutSeconds))
  const [lasting] = listElements(gateway, 'fw', 'lasting4')
  assert.deepEqual([lasting?.key, lasting?.timeoutSeconds], ['192.0.2.10', 0])
})

test("when the user's set is flushed the next answer fills it again before it is given", async () => {
  gateway.run(['nft', 'flush', 'set', 'inet', 'fw', 'allowed4'])
  await assertReachable(alpha, 'lasting.example')
  assert.ok(listElements(gateway, 'fw', 'allowed4').some(({ key }) => key === '192.0.2.11'))
})

test("the user's table stays theirs: sallyport adds addresses and nothing else, also when it is taken down", async () => {
  const chainBefore = gateway.run(['nft', 'list', 'chain', 'inet', 'fw', 'forward'])
  await sallyport.stop()
  assert.equal(sallyport.cli('down').status, 0)
  assert.equal(gateway.run(['nft', 'list', 'chain', 'inet', 'fw', 'forward']), chainBefore)
  assert.deepEqual(listTables(gateway), ['inet fw'])
})
