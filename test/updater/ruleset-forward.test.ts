// guard: forward against real packets.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, before, beforeEach, test } from 'node:test'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { type Nftables, openNftables } from '../../src/linux/nftables/nftables.ts'
import { openRoutes } from '../../src/linux/route.ts'
import { ANY_PORTS, ECHO } from '../../src/net/port.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import type { RulesetDescription } from '../../src/updater/ruleset/description.ts'
import { inNamespace } from '../support/netns.ts'
import { letEverybodyPing, openPing } from '../support/ping.ts'
import { UPSTREAM4, UPSTREAM6 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { addressOf, describe, install, lease, listRecords, RESOLVER_PORT, segment, tcp } from './ruleset-description.ts'
import { createWorld, type Member, SANDBOX_PORT, type World } from './ruleset-world.ts'

const SITE = { 4: '203.0.113.10', 6: '2001:db8:1::10' } as const
const METADATA = '169.254.169.254'
const TABLE = { family: 'inet', name: 'sallyport' } as const
const TICKING_PORT = 8600
/** A server that does not wait for its clients. */
const TICKING = `require('node:net').createServer((socket) => {
  const timer = setInterval(() => socket.write('tick\\n'), 10)
  socket.resume().on('error', () => {}).on('close', () => clearInterval(timer))
}).listen(${TICKING_PORT}, '::', () => console.log('ready'))`
let world: World
let nftables: Nftables
let ticking: ChildProcess

before(async () => {
  world = await createWorld()
  nftables = inNamespace(world.gateway, openNftables)
  ticking = world.internet.spawn([process.execPath, '--eval', TICKING], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(ticking.stdout!, 'data')
})
after(async () => {
  nftables.close()
  ticking.kill()
  await world.close()
})
beforeEach(() => setUp({}))

/** A table made anew, as described. */
function setUp(changes: Partial<RulesetDescription>, leases: Parameters<typeof install>[2] = []): RulesetDescription {
  tearDown()
  const description = describe('forward', changes)
  install(nftables, description, leases)
  return description
}

function tearDown(): void {
  const transaction = nftables.begin()
  for (const table of nftables.tables()) transaction.add(deleteTable(table))
  nftables.commit(transaction)
}

/** 'connected', or why not; a refusal that takes its time is 'slow'. */
async function reach(member: Member, address: string, port: number, source?: string): Promise<string> {
  const request = { address, port, timeoutMs: 400, ...(source === undefined ? {} : { source }) }
  const { outcome, milliseconds } = await member.agent.call('connect', request)
  return outcome === 'connected' || outcome === 'timeout' || milliseconds < 500 ? outcome : `slow ${outcome}`
}

function sourceOf(member: Member, family: 4 | 6): string {
  return family === 4 ? member.address4 : member.address6
}

for (const family of [4, 6] as const) {
  const site = SITE[family]

  test(`IPv${family}: an address is rejected at once before its lease, reached with it, on that port and by that sandbox alone`, async () => {
    const { alpha, beta } = world
    assert.equal(await reach(alpha, site, 443), 'ECONNREFUSED')
    setUp({}, [lease(sourceOf(alpha, family), site, tcp(443))])
    assert.equal(await reach(alpha, site, 443), 'connected')
    assert.equal(await reach(alpha, site, 8443), 'ECONNREFUSED')
    assert.equal(await reach(beta, site, 443), 'ECONNREFUSED')
  })

  test(`IPv${family}: a port range opens its ports, any opens all, a static prefix opens its addresses`, async () => {
    const { alpha, beta } = world
    const narrow = segment(family === 4 ? '192.0.2.0/25' : '2001:db8:1:1::/64', tcp(8000, 8100))
    const [inside, beside] = family === 4 ? ['192.0.2.1', '192.0.2.129'] : ['2001:db8:1:1::1', '2001:db8:1:2::1']
    const ranges = [tcp(8000, 8100)]
    setUp({ ranges, segments: [narrow] }, [
      lease(sourceOf(alpha, family), site, ranges[0]!),
      lease(sourceOf(beta, family), site, ANY_PORTS),
    ])
    assert.deepEqual(await Promise.all([8000, 8050, 8443].map((port) => reach(alpha, site, port))), [
      'connected',
      'connected',
      'ECONNREFUSED',
    ])
    assert.deepEqual(await Promise.all([443, 8443].map((port) => reach(beta, site, port))), ['connected', 'connected'])
    assert.deepEqual(await Promise.all([reach(alpha, inside, 8050), reach(alpha, inside, 443), reach(alpha, beside, 8050)]), [
      'connected',
      'ECONNREFUSED',
      'ECONNREFUSED',
    ])
  })

  test(`IPv${family}: DNS to any server comes to the resolver, by UDP and TCP`, async () => {
    const { alpha } = world
    const gateway = family === 4 ? alpha.gateway4 : alpha.gateway6
    for (const server of [site, gateway, family === 4 ? world.beta.address4 : world.beta.address6]) {
      const { hex } = await alpha.agent.call('exchange', { server, hex: 'c0ffee', timeoutMs: 400 })
      assert.equal(hex, 'c0ffee', `UDP to ${server}`)
      assert.equal(await reach(alpha, server, 53), 'connected', `TCP to ${server}`)
    }
  })

  test(`IPv${family}: of the gateway a sandbox reaches the resolver alone, by DNS alone`, async () => {
    const { alpha } = world
    setUp({}, [lease(sourceOf(alpha, family), family === 4 ? alpha.gateway4 : alpha.gateway6, ANY_PORTS)])
    const own =
      family === 4 ? [alpha.gateway4, world.beta.gateway4, '198.51.100.1'] : [alpha.gateway6, world.beta.gateway6, '2001:db8:ff::1']
    for (const address of own) {
      for (const port of [22, RESOLVER_PORT]) assert.equal(await reach(alpha, address, port), 'ECONNREFUSED', `${address} port ${port}`)
    }
  })

  test(`IPv${family}: no sandbox reaches another, whatever is open`, async () => {
    const { alpha, beta } = world
    const neighbour = sourceOf(beta, family)
    setUp({ inbound: [tcp(SANDBOX_PORT)], segments: [segment(neighbour, tcp(0, 65_535))] }, [
      lease(sourceOf(alpha, family), neighbour, ANY_PORTS),
    ])
    assert.equal(await reach(alpha, neighbour, SANDBOX_PORT), 'ECONNREFUSED')
  })

  test(`IPv${family}: a flow begun outside gets no answer out, but on an inbound port`, async () => {
    const { alpha, outside } = world
    const arrive = async () =>
      (await outside.call('connect', { address: sourceOf(alpha, family), port: SANDBOX_PORT, timeoutMs: 400 })).outcome
    assert.equal(await arrive(), 'ECONNREFUSED')
    setUp({ inbound: [tcp(SANDBOX_PORT)] })
    assert.equal(await arrive(), 'connected')
  })

  test(`IPv${family}: a sandbox that takes its neighbour's source gets nothing through, not even to the resolver`, async () => {
    const { alpha, beta, gateway } = world
    const [ip, forged, prefix] = [family === 4 ? 'ip' : 'ip6', sourceOf(beta, family), family === 4 ? 32 : 128]
    alpha.namespace.run(['ip', 'address', 'add', `${forged}/${prefix}`, 'dev', 'lo'])
    try {
      setUp({}, [lease(forged, site, tcp(443))])
      const counting = `{ type filter hook HOOK priority 10; ${ip} saddr ${forged} counter; }`
      const chains = ['input', 'postrouting'].map((hook) => `add chain inet seen ${hook} ${counting.replace('HOOK', hook)}`)
      gateway.run(['nft', '-f', '-'], `add table inet seen\n${chains.join('\n')}\n`)
      assert.equal(await reach(alpha, site, 443, forged), 'timeout')
      const { failure } = await alpha.agent.call('exchange', { server: site, hex: 'c0ffee', source: forged, timeoutMs: 300 })
      assert.equal(failure, 'timeout')
      assert.deepEqual(gateway.run(['nft', 'list', 'table', 'inet', 'seen']).match(/packets \d+/g), ['packets 0', 'packets 0'])
    } finally {
      alpha.namespace.run(['ip', 'address', 'del', `${forged}/${prefix}`, 'dev', 'lo'])
    }
  })

  test(`IPv${family}: a flow that the outside began before the rules were there does not go on`, async () => {
    const { alpha, outside } = world
    tearDown()
    const flow = await outside.call('openFlow', { address: sourceOf(alpha, family), port: SANDBOX_PORT })
    assert.equal(await outside.call('talk', { flow, line: 'open?' }), 'open?')
    setUp({}, [lease(sourceOf(alpha, family), family === 4 ? UPSTREAM4 : UPSTREAM6, ANY_PORTS)])
    assert.match(await outside.call('talk', { flow, line: 'still?', timeoutMs: 400 }), /ECONNRESET|closed/)
  })

  test(`IPv${family}: ICMP errors about a sandbox's own flows come back`, async () => {
    setUp({}, [lease(sourceOf(world.alpha, family), site, { protocol: 'udp', first: 4444, last: 4444 })])
    const { failure, milliseconds } = await world.alpha.agent.call('exchange', { server: site, port: 4444, hex: '00', timeoutMs: 1_000 })
    assert.deepEqual([failure, milliseconds < 500], ['ECONNREFUSED', true])
  })

  test(`IPv${family}: a revoked flow is reset, even while the server keeps sending`, async () => {
    const { alpha } = world
    const open = lease(sourceOf(alpha, family), site, tcp(TICKING_PORT))
    setUp({}, [open])
    const flow = await alpha.agent.call('openFlow', { address: site, port: TICKING_PORT })
    assert.equal(await alpha.agent.call('talk', { flow, line: 'more?' }), 'tick')
    const conntrack = inNamespace(world.gateway, openConntrack)
    const transaction = nftables.begin()
    transaction.deleteElement(TABLE, open.set, open.element.key)
    nftables.commit(transaction)
    assert.equal(
      conntrack.deleteFlows(family, (each) => each.destinationPort === TICKING_PORT),
      1,
    )
    conntrack.close()
    const outcome = await eventually('the flow ends', async () => {
      const heard = await alpha.agent.call('talk', { flow, line: 'and now?' })
      return heard.includes('tick') ? undefined : heard
    })
    assert.match(outcome, /ECONNRESET|EPIPE|closed/)
  })

  test(`IPv${family}: flows to what was closed lately are judged anew: one that nothing else has open is reset although it is tracked, and the server's packets stop; others go on`, async () => {
    const { alpha, beta } = world
    const [client, other] = [sourceOf(alpha, family), sourceOf(beta, family)]
    const kept = [lease(client, site, tcp(443)), lease(client, site, tcp(8000, 8100)), lease(other, site, tcp(TICKING_PORT))]
    const common = { ranges: [tcp(8000, 8100)], segments: [segment(site, tcp(8443))] }
    setUp(common, [lease(client, site, tcp(TICKING_PORT)), ...kept])
    const listen = (member: Member) => member.agent.call('listenTo', { address: site, port: TICKING_PORT })
    const [doomed, neighbours] = [await listen(alpha), await listen(beta)]
    const others = await Promise.all([443, 8050, 8443].map((port) => alpha.agent.call('openFlow', { address: site, port })))
    await eventually('the server sends', async () => (await alpha.agent.call('heardOn', { flow: doomed })).octets > 0)

    setUp({ ...common, revoked: [{ client: addressOf(client), destination: addressOf(site) }] }, kept)
    const { octets } = await alpha.agent.call('heardOn', { flow: doomed })
    await alpha.agent.call('shout', { flow: doomed })
    await eventually('its next packet is refused', async () => (await alpha.agent.call('heardOn', { flow: doomed })).end !== undefined)
    const more = (await alpha.agent.call('heardOn', { flow: doomed })).octets - octets
    assert.ok(more < 100, `${more} octets more`)
    for (const flow of others) assert.equal(await alpha.agent.call('talk', { flow, line: 'goes on' }), 'goes on')
    assert.equal(await reach(alpha, site, 443), 'connected')
    const heard = (await beta.agent.call('heardOn', { flow: neighbours })).octets
    await eventually('the other sandbox hears more', async () => (await beta.agent.call('heardOn', { flow: neighbours })).octets > heard)
  })

  test(`IPv${family}: pings under way count among the flows of a client`, () => {
    const { alpha } = world
    letEverybodyPing(alpha.namespace)
    setUp({ echo: true, flowsPerClient: 2 }, [lease(sourceOf(alpha, family), site, ECHO)])
    const pings = [1, 2, 3].map(() => openPing(alpha.namespace, site))
    assert.deepEqual(
      pings.map(({ ping }) => ping()),
      ['answered', 'answered', 'refused'],
    )
    for (const { close } of pings) close()
  })

  test(`IPv${family}: with the routing lock nothing leaves while the table is missing, and the resolver's replies still come`, async () => {
    const { alpha } = world
    const routes = inNamespace(world.gateway, openRoutes)
    const lock = { interfaceName: 'sbx1', mark: 0x10000, preference: 5300 }
    const leases = [lease(sourceOf(alpha, family), site, tcp(443))]
    routes.lock(lock)
    try {
      setUp({ protection: { kind: 'lock', mark: lock.mark } }, leases)
      assert.equal(await reach(alpha, site, 443), 'connected')
      assert.equal((await alpha.agent.call('exchange', { server: site, hex: 'c0ffee', timeoutMs: 400 })).hex, 'c0ffee')
      world.gateway.run(['nft', 'flush', 'ruleset'])
      assert.notEqual(await reach(alpha, site, 443), 'connected')
      setUp({ protection: { kind: 'lock', mark: lock.mark } }, leases)
      assert.equal(await reach(alpha, site, 443), 'connected')
    } finally {
      routes.unlock(lock)
      routes.close()
    }
  })
}

test('metadata services are refused first, whatever is open, unless a static entry names the address', async () => {
  const { alpha } = world
  setUp({}, [lease(alpha.address4, METADATA, ANY_PORTS), lease(alpha.address4, METADATA, tcp(443))])
  assert.equal(await reach(alpha, METADATA, 443), 'ECONNREFUSED')
  setUp({ segments: [segment(METADATA, tcp(443))] })
  assert.deepEqual([await reach(alpha, METADATA, 443), await reach(alpha, METADATA, 8443)], ['connected', 'ECONNREFUSED'])
})

test('what was refused is recorded by client, destination and port, and a full record still refuses', async () => {
  const { alpha } = world
  const description = setUp({ sizes: { leases: 64, records: 1, statics: 64 } })
  for (const port of [443, 8443, 8050]) assert.equal(await reach(alpha, SITE[4], port), 'ECONNREFUSED')
  // The other family has a set of its own, in which a late segment of an earlier test may be.
  const [record, ...more] = listRecords(world.gateway, nftables, description, 'refused').filter(({ client }) => client === alpha.address4)
  const { client, destination, protocol, port, packets } = record!
  assert.deepEqual([client, destination, protocol, port, packets], [alpha.address4, SITE[4], 'tcp', 443, 1])
  assert.deepEqual(more, [])
})

test('what is let through is recorded by client, destination and port when it begins, and nothing is written for what goes on', async () => {
  const { alpha } = world
  for (const family of [4, 6] as const) {
    const own = family === 4 ? alpha.address4 : alpha.address6
    const description = setUp({}, [lease(own, SITE[family], tcp(443))])
    for (let connection = 0; connection < 3; connection++) assert.equal(await reach(alpha, SITE[family], 443), 'connected')
    const [begun, ...others] = listRecords(world.gateway, nftables, description, 'begun')
    assert.deepEqual([begun?.client, begun?.destination, begun?.port, begun?.packets, others.length], [own, SITE[family], 443, 3, 0])
  }
})

test('a record that is full lets through what is open all the same', async () => {
  const { alpha } = world
  const leases = [443, 8443].map((port) => lease(alpha.address4, SITE[4], tcp(port)))
  const description = setUp({ sizes: { leases: 64, records: 1, statics: 64 } }, leases)
  for (const port of [443, 8443]) assert.equal(await reach(alpha, SITE[4], port), 'connected')
  assert.equal(listRecords(world.gateway, nftables, description, 'begun').length, 1)
})

test('a client in audit mode is let through and recorded; closed addresses stay closed to it', async () => {
  const { alpha, beta } = world
  const closed = [parsePrefix('10.0.0.0/8')!, parsePrefix('169.254.0.0/16')!]
  const description = setUp({ closed, audited: [{ family: 4, first: 0x0a4d0102n, last: 0x0a4d0102n }] })
  assert.equal(await reach(alpha, SITE[4], 8443), 'connected')
  assert.deepEqual(
    listRecords(world.gateway, nftables, description, 'audit').map(({ destination, port }) => [destination, port]),
    [[SITE[4], 8443]],
  )
  for (const address of ['10.99.0.1', METADATA, beta.address4, alpha.gateway4])
    assert.equal(await reach(alpha, address, 22), 'ECONNREFUSED', address)
  assert.equal(await reach(beta, SITE[4], 8443), 'ECONNREFUSED')
})

test('a DNS flow from before the redirect is refused, and does not come back the other way round', async () => {
  const { alpha, outside } = world
  tearDown()
  await outside.call('serveDatagrams', { address: SITE[4], port: 53 })
  alpha.namespace.run(['bash', '-c', `exec 3<>/dev/udp/${SITE[4]}/53; printf abc >&3; timeout 1 head -c 3 <&3`])
  const conntrack = inNamespace(world.gateway, openConntrack)
  setUp({})
  conntrack.deleteFlows(4, ({ destinationPort }) => destinationPort === 53)
  conntrack.close()
  const answer = await outside.call('exchange', { server: alpha.address4, port: 5353, hex: '00', source: SITE[4], timeoutMs: 300 })
  assert.ok(answer.failure !== undefined)
  assert.equal((await alpha.agent.call('exchange', { server: SITE[4], hex: 'c0ffee', timeoutMs: 400 })).hex, 'c0ffee')
})

test("traffic that neither comes from a sandbox nor goes to one is not ours: the gateway's own, and others' through it", async () => {
  assert.equal((await world.host.call('connect', { address: SITE[4], port: 8443, timeoutMs: 400 })).outcome, 'connected')
  assert.equal((await world.outside.call('connect', { address: '198.51.100.1', port: 22, timeoutMs: 400 })).outcome, 'connected')
})
