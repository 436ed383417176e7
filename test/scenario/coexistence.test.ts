// Beside the rules of others: Docker's, firewalld's, kube-proxy's and the user's own. Neither disturbs the other, and `down` takes ours alone.
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { assertNothingBut } from '../support/capture.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { createSandbox } from '../support/sandbox.ts'
import { assertReachable, assertRefused, type ForwardOptions, startForward } from '../support/scenario.ts'
import { GATEWAY4, GATEWAY6 } from '../support/topology.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const SITE = '192.0.2.10'
/** A service of a cluster, behind which there is an address of the internet. */
const SERVICE = '10.96.0.10'
const BACKEND = '192.0.2.77'

const world = await createWorld([`www.example. 300 IN A ${SITE}`, `www.example. 300 IN AAAA 2001:db8:1::10`])
after(() => world.close())
const { alpha, gateway, outside } = world
/** A container of Docker's: not a sandbox, on a link of its own. */
const container = createSandbox(gateway, world.folder, 'container', 9)
after(async () => {
  await container.agent.close()
  container.namespace.remove()
})
await container.agent.call('serve', { ports: [80] })

/** As iptables-nft writes Docker's rules: forwarding is closed but for its own bridges and what the user accepts. */
const DOCKER = `
table ip filter {
  chain DOCKER-USER { iifname "sbx1" accept; oifname "sbx1" ct state related,established accept; }
  chain FORWARD { type filter hook forward priority filter; policy drop; jump DOCKER-USER; oifname "sbx9" accept; iifname "sbx9" accept; }
}
table ip6 filter {
  chain FORWARD { type filter hook forward priority filter; policy drop; iifname "sbx1" accept; oifname "sbx1" accept; }
}
table ip nat {
  chain PREROUTING { type nat hook prerouting priority dstnat; fib daddr type local tcp dport 8080 dnat to ${container.address4}:80; }
  chain POSTROUTING { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
}
table ip6 nat { chain POSTROUTING { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }; }`

/** As firewalld lays its chains: ten behind everybody's, rejecting what no zone takes. */
const FIREWALLD = `
table inet firewalld {
  chain filter_FORWARD { type filter hook forward priority filter + 10; ct state established,related accept; ct state invalid drop; iifname "sbx1" accept; reject with icmpx admin-prohibited; }
  chain filter_INPUT { type filter hook input priority filter + 10; ct state established,related accept; iifname { "lo", "sbx1" } accept; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; reject with icmpx admin-prohibited; }
  chain nat_POSTROUTING { type nat hook postrouting priority srcnat + 10; oifname "wan0" masquerade; }
  chain nat_PREROUTING { type nat hook prerouting priority dstnat + 10; }
}`

/** As kube-proxy and a user's own firewall do: addresses of services lead elsewhere, DNS among them; marks and raw rules of their own. */
const KUBE = `
table ip kube-proxy {
  chain nat-prerouting { type nat hook prerouting priority dstnat; ip daddr ${SERVICE} tcp dport 443 dnat to ${BACKEND}:443; udp dport 53 dnat to 203.0.113.53; }
  chain nat-postrouting { type nat hook postrouting priority srcnat; meta mark & 0x4000 == 0x4000 masquerade; }
}
table inet mine {
  set known { type ipv4_addr; elements = { 192.0.2.1 }; }
  chain raw { type filter hook prerouting priority raw; meta mark set meta mark | 0x4000; }
  chain forward { type filter hook forward priority filter - 5; counter; }
}`

const ZONES = { 'app.zone': `www.example\n${SERVICE} tcp/443 private\n` }
let running: Sallyport | undefined
afterEach(async () => {
  await running?.stop()
  running?.cli('down')
  gateway.run(['nft', 'flush', 'ruleset'])
})

/** Every table but ours, counters left out. */
function others(): string {
  return gateway.run(['nft', '-s', 'list', 'ruleset']).replace(/table inet sallyport .*?^}\n/ms, '')
}

async function start(rules: string, updater: ForwardOptions['updater'] = {}): Promise<Sallyport> {
  gateway.run(['nft', '-f', '-'], rules)
  running = await startForward(world, { zones: ZONES, updater: { interfaces: ['sbx1', 'sbx2'], ...updater } })
  return running
}

/** What holds whoever else has rules. */
async function assertGuarded(): Promise<void> {
  await assertReachable(alpha, 'www.example')
  await assertReachable(alpha, 'www.example', 'AAAA')
  const wire = await world.capture()
  for (const address of ['192.0.2.200', '2001:db8:1::200']) await assertRefused(alpha.agent, address)
  assert.equal((await alpha.ask('denied.example', 'A', { server: '203.0.113.53' })).rcode, 'NXDOMAIN')
  assertNothingBut(await wire.leaving(), UPSTREAM_TRAFFIC)
}

test('beside Docker: forwarding that is closed, masquerading, and a published port that a sandbox does not reach', async () => {
  gateway.run(['nft', '-f', '-'], DOCKER)
  const before = others()
  gateway.run(['nft', 'flush', 'ruleset'])
  const sallyport = await start(DOCKER)
  const wire = await world.capture()
  await assertGuarded()
  assertNothingBut(await wire.leaving(), [{ source: [GATEWAY4, GATEWAY6] }])
  for (const address of [GATEWAY4, alpha.gateway4, container.address4]) {
    await assertRefused(alpha.agent, address, address === container.address4 ? 80 : 8080)
  }
  assert.equal((await outside.call('connect', { address: GATEWAY4, port: 8080 })).outcome, 'connected')
  assert.equal(await container.reach('192.0.2.200'), 'connected')
  assert.equal(others(), before)
  await sallyport.stop()
  assert.equal(sallyport.cli('down').status, 0)
  assert.equal(gateway.run(['nft', '-s', 'list', 'ruleset']), before)
})

test('beside firewalld, and after it has loaded its rules anew', async () => {
  await start(FIREWALLD)
  await assertGuarded()
  gateway.run(['nft', '-f', '-'], `delete table inet firewalld\n${FIREWALLD}`)
  await assertGuarded()
})

test("beside kube-proxy and a firewall of the user's own: an address that leads elsewhere is judged by what the sandbox asked for", async () => {
  await start(KUBE)
  await assertGuarded()
  assert.equal(await alpha.reach(SERVICE), 'connected')
  await assertRefused(alpha.agent, BACKEND)
  await assertRefused(alpha.agent, SERVICE, 80)
})

test('chains stand where the settings want them, and move when those change', async () => {
  const priorities = { source: -250, dns: -150, verdict: -20, egress: 40 }
  const sallyport = await start(DOCKER, { priorities, snat: { everybody: [GATEWAY4, GATEWAY6] } })
  await assertGuarded()
  const hooks = () => [...gateway.run(['nft', '-y', 'list', 'table', 'inet', 'sallyport']).matchAll(/hook (\w+) priority (-?\d+)/g)]
  const placesOf = () => [...new Set(hooks().map(([, hook, priority]) => `${hook} ${priority}`))].sort()
  assert.deepEqual(placesOf(), [
    ...['forward -20', 'input -20', 'output -20', 'postrouting 110', 'postrouting 40', 'prerouting -150', 'prerouting -250'],
  ])
  await sallyport.stop()
  running = await startForward(world, { zones: ZONES, updater: { interfaces: ['sbx1', 'sbx2'] } })
  assert.deepEqual(placesOf(), ['forward 0', 'input 0', 'output 0', 'prerouting -110', 'prerouting -300'])
  assert.equal(await alpha.reach(SITE), 'connected')
})
