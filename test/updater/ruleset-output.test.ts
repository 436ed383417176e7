// guard: output against real packets: one namespace with a resolver's user and an agent's, and the internet.
import assert from 'node:assert/strict'
import { createSocket, type SocketOptions } from 'node:dgram'
import { after, before, beforeEach, test } from 'node:test'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { type Nftables, openNftables } from '../../src/linux/nftables/nftables.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'
import { ANY_PORTS, ECHO } from '../../src/net/port.ts'
import type { RulesetDescription } from '../../src/updater/ruleset/description.ts'
import { type Agent, startAgent } from '../support/agent-client.ts'
import type { Namespace } from '../support/namespace.ts'
import { inNamespace } from '../support/netns.ts'
import { letEverybodyPing, pingOnce } from '../support/ping.ts'
import { createInternetLink, GATEWAY4, GATEWAY6, UPSTREAM4, UPSTREAM6 } from '../support/topology.ts'
import { addressOf, describe, install, lease, listRecords, RESOLVER_PORT, RESOLVER_UID, segment, tcp } from './ruleset-description.ts'

const SITE = { 4: '203.0.113.10', 6: '2001:db8:1::10' } as const
const UPSTREAM = { 4: UPSTREAM4, 6: UPSTREAM6 } as const
const OWN = { 4: GATEWAY4, 6: GATEWAY6 } as const
const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const
const AGENT_UID = 4711
/** Sockets are made when their address is known: in the namespace that this thread is in by then. */
const atOnce: NonNullable<SocketOptions['lookup']> = (name, _options, done) => done(null, name, name.includes(':') ? 6 : 4)
let box: Namespace
let internet: Namespace
let nftables: Nftables
let agents: { readonly resolver: Agent; readonly agent: Agent; readonly outside: Agent }

before(async () => {
  const link = createInternetLink()
  box = link.gateway
  internet = link.internet
  box.run(['sh', '-c', 'echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start'])
  agents = { resolver: startAgent(box, { uid: RESOLVER_UID }), agent: startAgent(box, { uid: AGENT_UID }), outside: startAgent(internet) }
  await Promise.all([
    agents.resolver.call('serve', { ports: [RESOLVER_PORT] }),
    ...Object.values(LOOPBACK).map((address) => agents.resolver.call('serveDatagrams', { address, port: RESOLVER_PORT })),
    agents.agent.call('serve', { ports: [8080, 9000] }),
    agents.outside.call('serve', { ports: [53, 443, 853, 8443] }),
  ])
  nftables = inNamespace(box, openNftables)
  // A process's first connection takes longer.
  for (const agent of Object.values(agents)) await agent.call('connect', { address: '127.0.0.1', port: 1 })
})
after(async () => {
  nftables.close()
  await Promise.all(Object.values(agents).map((agent) => agent.close()))
  for (const namespace of [box, internet]) namespace.remove()
})
beforeEach(() => setUp({}))

function setUp(changes: Partial<RulesetDescription>, leases: Parameters<typeof install>[2] = []): RulesetDescription {
  const transaction = nftables.begin()
  for (const table of nftables.tables()) transaction.add(deleteTable(table))
  nftables.commit(transaction)
  const upstreams = [parseEndpoint(UPSTREAM4, 53)!, { address: addressOf(UPSTREAM6), port: 53 }, parseEndpoint(UPSTREAM4, 853)!]
  const description = describe('output', { upstreams, ...changes })
  install(nftables, description, leases)
  return description
}

/** 'connected', or why not; a refusal that takes its time is 'slow'. */
async function reach(agent: Agent, address: string, port: number): Promise<string> {
  const { outcome, milliseconds } = await agent.call('connect', { address, port, timeoutMs: 400 })
  return outcome === 'connected' || outcome === 'timeout' || milliseconds < 500 ? outcome : `slow ${outcome}`
}

/** Whom a user of that number reaches there: "ADDRESS sees ADDRESS". */
function greetingOf(uid: number, address: string, port: number): string {
  const command = `exec 3<>/dev/tcp/${address}/${port} && timeout 1 head -n 1 <&3`
  return box.run(['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'bash', '-c', command]).trim()
}

for (const family of [4, 6] as const) {
  const site = SITE[family]

  test(`IPv${family}: an address is rejected at once before its lease, and reached with it, on that port alone`, async () => {
    assert.equal(await reach(agents.agent, site, 443), 'ECONNREFUSED')
    setUp({}, [lease(undefined, site, tcp(443))])
    assert.deepEqual([await reach(agents.agent, site, 443), await reach(agents.agent, site, 8443)], ['connected', 'ECONNREFUSED'])
    setUp({ segments: [segment(site, tcp(8443))] }, [lease(undefined, site, ANY_PORTS)])
    assert.deepEqual([await reach(agents.agent, site, 443), await reach(agents.agent, site, 8443)], ['connected', 'connected'])
  })

  test(`IPv${family}: a flow to what was closed lately is reset although it is tracked; what something else has open goes on`, async () => {
    setUp({}, [lease(undefined, site, tcp(443)), lease(undefined, site, tcp(8443))])
    const open = (port: number) => agents.agent.call('openFlow', { address: site, port })
    const [doomed, kept] = [await open(443), await open(8443)]
    setUp({ revoked: [{ client: undefined, destination: addressOf(site) }] }, [lease(undefined, site, tcp(8443))])
    assert.notEqual(await agents.agent.call('talk', { flow: doomed, line: 'and now?' }), 'and now?')
    assert.equal(await agents.agent.call('talk', { flow: kept, line: 'goes on' }), 'goes on')
  })

  test(`IPv${family}: DNS to any server comes to the resolver; its own user alone gets to the upstream, and nowhere else`, async () => {
    assert.match(greetingOf(AGENT_UID, UPSTREAM[family], 53), new RegExp(`^${LOOPBACK[family]} sees `))
    assert.match(greetingOf(AGENT_UID, site, 53), new RegExp(`^${LOOPBACK[family]} sees `))
    const { hex } = await agents.agent.call('exchange', { server: site, hex: 'c0ffee', timeoutMs: 400 })
    assert.equal(hex, 'c0ffee')
    assert.equal(greetingOf(RESOLVER_UID, UPSTREAM[family], 53), `${UPSTREAM[family]} sees ${OWN[family]}`)
    assert.match(greetingOf(RESOLVER_UID, site, 53), new RegExp(`^${LOOPBACK[family]} sees `))
    assert.equal(await reach(agents.resolver, site, 443), 'ECONNREFUSED')
  })

  test(`IPv${family}: processes reach each other, over loopback and their own addresses`, async () => {
    assert.deepEqual(
      [await reach(agents.agent, LOOPBACK[family], 9000), await reach(agents.agent, OWN[family], 9000)],
      ['connected', 'connected'],
    )
  })

  test(`IPv${family}: from outside nothing comes in but on an inbound port`, async () => {
    const arrive = async (port: number) => (await agents.outside.call('connect', { address: OWN[family], port, timeoutMs: 300 })).outcome
    assert.equal(await arrive(8080), 'timeout')
    setUp({ inbound: [tcp(8080)] })
    assert.deepEqual([await arrive(8080), await arrive(9000)], ['connected', 'timeout'])
  })

  test(`IPv${family}: echo passes by the setting alone, to what is open, and its replies come in no longer than that`, () => {
    const echo = lease(undefined, site, ECHO)
    letEverybodyPing(box)
    setUp({}, [echo])
    assert.equal(pingOnce(box, site), 'refused')
    setUp({ echo: true }, [echo])
    assert.deepEqual(
      [pingOnce(box, site), pingOnce(box, UPSTREAM[family]), pingOnce(box, LOOPBACK[family])],
      ['answered', 'refused', 'answered'],
    )
    setUp({ echo: true, segments: [segment(site, tcp(443))] })
    assert.equal(pingOnce(box, site), 'answered')
    setUp({ echo: true })
    assert.equal(pingOnce(box, site), 'refused')
  })

  test(`IPv${family}: ICMP errors about own flows come back`, async () => {
    setUp({}, [lease(undefined, site, { protocol: 'udp', first: 4444, last: 4444 })])
    const { failure, milliseconds } = await agents.agent.call('exchange', { server: site, port: 4444, hex: '00', timeoutMs: 1_000 })
    assert.deepEqual([failure, milliseconds < 500], ['ECONNREFUSED', true])
  })
}

test('the upstream is open to the resolver on its port alone, and to nobody else', async () => {
  assert.deepEqual([await reach(agents.resolver, UPSTREAM4, 853), await reach(agents.agent, UPSTREAM4, 853)], ['connected', 'ECONNREFUSED'])
  assert.equal(await reach(agents.resolver, UPSTREAM4, 443), 'ECONNREFUSED')
})

test("Docker's resolver answers ours alone, on whatever port it is found", async () => {
  await agents.resolver.call('serve', { ports: [45_678] })
  assert.deepEqual(
    [await reach(agents.agent, '127.0.0.11', 45_678), await reach(agents.agent, '127.0.0.1', 45_678)],
    ['ECONNREFUSED', 'connected'],
  )
  assert.equal(await reach(agents.resolver, '127.0.0.11', 45_678), 'connected')
})

test('an upstream on loopback answers ours alone', async () => {
  setUp({ upstreams: [parseEndpoint('127.0.0.1:9000', 53)!] })
  assert.deepEqual(
    [await reach(agents.agent, '127.0.0.1', 9000), await reach(agents.resolver, '127.0.0.1', 9000)],
    ['ECONNREFUSED', 'connected'],
  )
  assert.equal(await reach(agents.agent, '127.0.0.1', 8080), 'connected')
})

test('nor anybody who sends from the port of the resolver', async () => {
  const resolver = { port: 53, uid: RESOLVER_UID }
  await agents.resolver.call('serveDatagrams', { address: '127.0.0.1', port: 9000 })
  const root = startAgent(box)
  const ask = async () =>
    (await root.call('exchange', { server: '127.0.0.1', port: 9000, source: '127.0.0.1', sourcePort: 53, hex: 'c0ffee', timeoutMs: 400 }))
      .hex
  setUp({ resolver })
  assert.equal(await ask(), 'c0ffee', 'where it is no upstream')
  setUp({ resolver, upstreams: [parseEndpoint('127.0.0.1:9000', 53)!] })
  assert.equal(await ask(), undefined)
  await root.close()
})

test('metadata services are refused first, and what was refused is recorded', async () => {
  const description = setUp({}, [lease(undefined, '169.254.169.254', ANY_PORTS)])
  assert.equal(await reach(agents.agent, '169.254.169.254', 443), 'ECONNREFUSED')
  const [record] = listRecords(box, nftables, description, 'refused')
  assert.deepEqual([record!.client, record!.destination, record!.port], [undefined, '169.254.169.254', 443])
  assert.ok(record!.lastSeenAgoMs < 5_000)
})

for (const [family, ports, everybody] of [
  [4, { client: 68, server: 67 }, '255.255.255.255'],
  [6, { client: 546, server: 547 }, 'ff02::1:2%wan0'],
] as const) {
  test(`IPv${family}: DHCP asks everybody on the link, and nobody by his address, though any process may have its port`, async () => {
    setUp({ dhcp: true })
    const from = inNamespace(box, () => createSocket({ type: `udp${family}`, lookup: atOnce }).bind(ports.client))
    from.setBroadcast(true)
    const send = (address: string) =>
      new Promise<unknown>((resolve) => from.send('discover', ports.server, address, (error) => resolve(error?.message)))
    assert.equal(await send(everybody), undefined)
    assert.match(String(await send(SITE[family])), /EPERM/)
    from.close()
  })
}

test('in audit mode all is let through and recorded', async () => {
  const description = setUp({ audited: [{ family: 4, first: 0n, last: 0xffffffffn }] })
  assert.equal(await reach(agents.agent, SITE[4], 8443), 'connected')
  assert.deepEqual(
    listRecords(box, nftables, description, 'audit').map(({ port }) => port),
    [8443],
  )
  const [record, ...more] = listRecords(box, nftables, description, 'begun')
  assert.deepEqual([record?.destination, record?.port, record?.packets, more.length], [SITE[4], 8443, 1, 0])
})

test('nothing passes through the namespace', async () => {
  internet.run(['ip', 'route', 'replace', '10.88.0.0/24', 'via', GATEWAY4])
  box.run(['ip', 'route', 'replace', '10.88.0.0/24', 'via', UPSTREAM4])
  const seen = () => Number(/packets (\d+)/.exec(box.run(['sh', '-c', 'nft list chain inet t c']))?.[1] ?? 0)
  box.run([
    'nft',
    'add table inet t; add chain inet t c { type filter hook postrouting priority 0; }; add rule inet t c ip daddr 10.88.0.1 counter',
  ])
  await agents.outside.call('connect', { address: '10.88.0.1', port: 443, timeoutMs: 200 })
  assert.equal(seen(), 0)
})
