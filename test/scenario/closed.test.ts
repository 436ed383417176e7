// Every way around the list, tried from a sandbox with whatever packets it likes, and judged by what the far side saw.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Agent, startAgent } from '../support/agent-client.ts'
import { assertNothingBut, type Permitted } from '../support/capture.ts'
import { fragmentsOf, icmpPacket, PROTOCOL, type RawPacket, sendRaw, tcpPacket, udpPacket } from '../support/raw.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { addAddresses, GATEWAY4, GATEWAY6, removeAddresses, UPSTREAM4, UPSTREAM6 } from '../support/topology.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const OPEN = { 4: '192.0.2.10', 6: '2001:db8:1::10' } as const
/** No name stands for these. */
const CLOSED = { 4: '192.0.2.200', 6: '2001:db8:1::200' } as const
const METADATA4 = '169.254.169.254'
const METADATA6 = 'fd00:ec2::254'
const TO_OPEN: readonly Permitted[] = [
  { protocol: 'tcp', destination: [OPEN[4], OPEN[6]], destinationPort: 443 },
  { protocol: 'udp', destination: OPEN[4], destinationPort: 4000 },
]

const world = await createWorld([
  `open.example. 300 IN A ${OPEN[4]}`,
  `open.example. 300 IN AAAA ${OPEN[6]}`,
  `metadata.example. 300 IN A ${METADATA4}`,
  `upstream.example. 300 IN A ${UPSTREAM4}`,
])
after(() => world.close())
const { alpha, beta, gateway, internet, outside } = world
internet.run(['ip', '-6', 'route', 'add', 'local', `${METADATA6}/128`, 'dev', 'lo'])
internet.run(['ip', 'route', 'add', 'local', '100.100.100.200/32', 'dev', 'lo'])
await outside.call('serveDatagrams', { address: OPEN[4], port: 4000 })

// Connection tracking has been at work before sallyport comes, as on any host with a firewall.
gateway.run(['nft', '-f', '-'], 'table inet tracking { chain forward { type filter hook forward priority filter; ct state new accept; }; }')
/** What a sandbox began before there was a guard. */
const early = await alpha.agent.call('openFlow', { address: CLOSED[4], port: 443 })
const early6 = await alpha.agent.call('openFlow', { address: CLOSED[6], port: 443 })

const sallyport = await startForward(world, {
  zones: {
    'base.zone': '$TIER base\n203.0.113.0/24 any\n169.254.0.0/16 any private\nfd00:ec2::/64 any private\n100.100.100.200 tcp/80 private\n',
    'app.zone': 'open.example 443 udp/4000\nmetadata.example any private\nupstream.example any\n',
  },
})
after(() => sallyport.stop())
let onGateway: Agent

before(async () => {
  onGateway = startAgent(gateway)
  await onGateway.call('serve', { ports: [22, 5432] })
  await beta.agent.call('serve', { ports: [443] })
  for (const type of ['A', 'AAAA'] as const) await assertReachable(alpha, 'open.example', type)
})
after(() => onGateway.close())

/** Does it, and fails if anything leaves but what the policy permits and `more`. */
async function nothingLeaves(act: () => unknown, more: readonly Permitted[] = []): Promise<void> {
  const wire = await world.capture()
  await act()
  // A reset is the gateway's own word to whoever knocked.
  assertNothingBut(
    (await wire.leaving()).filter(({ reset }) => !reset),
    [...UPSTREAM_TRAFFIC, ...more],
  )
}

function raw(...packets: readonly RawPacket[]): void {
  sendRaw(alpha.namespace, ...packets)
}

const from4 = (destination: string) => ({ source: alpha.address4, destination })
const from6 = (destination: string) => ({ source: alpha.address6, destination })

test('flows from before the guard do not go on, in either family', async () => {
  const wire = await world.capture()
  for (const flow of [early, early6]) assert.notEqual(await alpha.agent.call('talk', { flow, line: 'still here' }), 'still here')
  const payloads = (await wire.leaving()).filter(({ payload }) => payload.includes('still here'))
  assertNothingBut(payloads, [])
})

test('DNS over TLS, over QUIC and over HTTPS to a public resolver are refused at once', async () => {
  await nothingLeaves(async () => {
    for (const address of [CLOSED[4], CLOSED[6]]) for (const port of [853, 443]) await assertRefused(alpha.agent, address, port)
    for (const server of [CLOSED[4], CLOSED[6]]) {
      for (const port of [853, 443, 784, 8853]) await alpha.agent.call('exchange', { server, port, hex: 'abcd', timeoutMs: 200 })
    }
  })
})

test('QUIC stays closed where TCP 443 is open', async () => {
  await nothingLeaves(async () => {
    for (const server of [OPEN[4], OPEN[6]]) {
      const { failure } = await alpha.agent.call('exchange', { server, port: 443, hex: 'c0ffee', timeoutMs: 500 })
      assert.match(failure!, /^E(HOSTUNREACH|ACCES)$/, 'a datagram that is refused says so at once')
    }
  })
})

test('the upstream of the resolver answers no sandbox, even where a name opens its address on every port', async () => {
  await assertReachable(alpha, 'upstream.example', 'A', 443)
  await nothingLeaves(async () => {
    for (const server of [UPSTREAM4, UPSTREAM6]) {
      for (const tcp of [false, true]) assert.equal((await alpha.ask('elsewhere.example', 'A', { server, tcp })).rcode, 'NXDOMAIN')
    }
    await assertRefused(alpha.agent, UPSTREAM4, 853)
  })
})

test('metadata services stay closed behind a wide private prefix and behind a name', async () => {
  assert.deepEqual((await alpha.ask('metadata.example')).answers, [])
  await nothingLeaves(async () => {
    for (const address of [METADATA4, METADATA6]) await assertRefused(alpha.agent, address, 80)
  })
})

test('a metadata service whose own address a rule names as private is open on its port', async () => {
  assert.equal(await alpha.reach('100.100.100.200', 80), 'connected')
  await assertRefused(alpha.agent, '100.100.100.200', 443)
})

test('no port of the gateway is reached, at the address of any interface', async () => {
  await nothingLeaves(async () => {
    for (const address of [alpha.gateway4, alpha.gateway6, beta.gateway4, beta.gateway6, GATEWAY4, GATEWAY6]) {
      for (const port of [22, 5432]) await assertRefused(alpha.agent, address, port)
    }
  })
})

test("forged sources leave in no family, be they strangers', a neighbour's, the gateway's, or special", async () => {
  await nothingLeaves(() => {
    for (const source of ['192.0.2.99', beta.address4, alpha.gateway4, GATEWAY4, '127.0.0.1', '0.0.0.0', '255.255.255.255', '224.0.0.1'])
      raw(udpPacket({ source, destination: OPEN[4] }, 4000, 'forged'))
    for (const source of ['2001:db8:1::99', beta.address6, alpha.gateway6, GATEWAY6, '::1', '::', '::ffff:192.0.2.99'])
      raw(tcpPacket({ source, destination: OPEN[6] }, { from: 40_001, to: 443 }, 2))
  })
})

test('source routing: neither a loose nor a strict source route nor a routing header passes', async () => {
  const through = Buffer.from([192, 0, 2, 200])
  await nothingLeaves(() => {
    for (const kind of [0x83, 0x89]) {
      raw({ ...udpPacket(from4(OPEN[4]), 4000, 'routed'), options: [kind, 7, 4, ...through, 0] })
    }
    // Type 0 with one address (RFC 5095), before the segment.
    const { payload } = tcpPacket(from6(OPEN[6]), { from: 40_002, to: 443 }, 2)
    const routing = Buffer.alloc(24)
    routing.set([PROTOCOL.tcp, 2, 0, 1])
    raw({ ...from6(OPEN[6]), protocol: PROTOCOL.routing, payload: Buffer.concat([routing, payload]) })
  })
})

test('router advertisements and redirects of a sandbox change nothing on the gateway, and go nowhere', async () => {
  gateway.run([
    'sh',
    '-c',
    'for f in all sbx1; do echo 2 > /proc/sys/net/ipv6/conf/$f/accept_ra; echo 1 > /proc/sys/net/ipv6/conf/$f/accept_redirects; done',
  ])
  const before = gateway.run(['ip', '-6', 'route'])
  const linkLocal = /inet6 (fe80::[^/]+)/.exec(alpha.namespace.run(['ip', 'address', 'show', 'dev', 'eth0']))![1]!
  // Hop limit 64, no flags, a router for half an hour; then a prefix of its own.
  const prefix = Buffer.alloc(32)
  prefix.set([3, 4, 64, 0xc0, 0, 0, 7, 8, 0, 0, 7, 8, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0xba, 0xd0])
  const advertisement = Buffer.concat([Buffer.from([64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]), prefix])
  const redirect = Buffer.concat([Buffer.alloc(4), Buffer.from('20010db80001000000000000000000bb20010db8000100000000000000000010', 'hex')])
  await nothingLeaves(() => {
    for (const source of [linkLocal, alpha.address6]) {
      raw(icmpPacket({ source, destination: 'ff02::1' }, 134, 0, advertisement))
      raw(icmpPacket({ source, destination: alpha.gateway6 }, 134, 0, advertisement))
      raw(icmpPacket({ source, destination: alpha.gateway6 }, 137, 0, redirect))
      raw(icmpPacket({ source, destination: OPEN[6] }, 137, 0, redirect))
    }
    raw(icmpPacket(from4(OPEN[4]), 5, 1, Buffer.alloc(32)))
  })
  assert.equal(gateway.run(['ip', '-6', 'route']), before)
})

test('multicast and broadcast go nowhere', async () => {
  await nothingLeaves(() => {
    for (const destination of ['224.0.0.1', '224.0.0.251', '239.255.255.250', '198.51.100.255']) {
      alpha.namespace.run(['ip', 'route', 'replace', `${destination}/32`, 'dev', 'eth0'])
      raw(udpPacket(from4(destination), 5353, 'hello'))
    }
    for (const destination of ['ff02::fb', 'ff05::2', 'ff0e::1']) raw(udpPacket(from6(destination), 5353, 'hello'))
  })
})

test('fragments: to a closed port not one passes, and what is open passes whole', async () => {
  const long = 'x'.repeat(3000)
  await nothingLeaves(() => {
    raw(...fragmentsOf(udpPacket(from4(CLOSED[4]), 4000, long), 1200, 1))
    raw(...fragmentsOf(udpPacket(from4(OPEN[4]), 4001, long), 1200, 2))
    // Ports that only the second fragment holds, and fragments of which none holds any.
    raw(...fragmentsOf(tcpPacket(from4(CLOSED[4]), { from: 40_003, to: 443 }, 2), 8, 3))
    raw(...fragmentsOf(udpPacket(from4(OPEN[4]), 443, long), 1200, 4).slice(1))
  })
  const wire = await world.capture()
  raw(...fragmentsOf(udpPacket(from4(OPEN[4]), 4000, long), 1200, 5))
  const packets = await wire.leaving()
  assert.ok(packets.some(({ destination, destinationPort }) => destination === OPEN[4] && destinationPort === 4000))
})

test('ICMP carries nothing: neither echo, nor timestamps, nor errors about flows that do not exist', async () => {
  const secret = Buffer.from('secret, in an echo request')
  await nothingLeaves(() => {
    for (const destination of [CLOSED[4], OPEN[4], beta.address4]) {
      for (const type of [0, 8, 13, 17]) raw(icmpPacket(from4(destination), type, 0, secret))
      for (const type of [3, 4, 11, 12])
        raw(icmpPacket(from4(destination), type, 1, Buffer.concat([Buffer.alloc(4), Buffer.alloc(28, 0x45)])))
    }
    for (const destination of [CLOSED[6], OPEN[6], beta.address6]) {
      for (const type of [128, 129, 1, 2, 3, 4, 139]) raw(icmpPacket(from6(destination), type, 0, secret))
    }
  })
})

test('an ICMP error about an open flow goes to the peer of that flow and to nobody else', async () => {
  const { payload } = tcpPacket({ source: OPEN[4], destination: alpha.address4 }, { from: 443, to: 40_004 }, 16)
  await nothingLeaves(async () => {
    const flow = await alpha.agent.call('openFlow', { address: OPEN[4], port: 443 })
    const inner = Buffer.concat([
      Buffer.from('450000280000400040060000', 'hex'),
      Buffer.from([192, 0, 2, 10]),
      Buffer.from(alpha.address4.split('.').map(Number)),
      payload,
    ])
    raw(icmpPacket(from4(CLOSED[4]), 3, 4, Buffer.concat([Buffer.alloc(4), inner])))
    await alpha.agent.call('closeFlow', { flow })
  }, TO_OPEN)
})

test('other protocols are refused: tunnels, SCTP, IGMP and what has no name', async () => {
  await nothingLeaves(() => {
    for (const protocol of [PROTOCOL.ipip, 41, PROTOCOL.gre, PROTOCOL.esp, PROTOCOL.sctp, 136, PROTOCOL.igmp, 253]) {
      raw({ ...from4(OPEN[4]), protocol, payload: Buffer.alloc(32, 1) })
      if (protocol !== PROTOCOL.igmp) raw({ ...from6(OPEN[6]), protocol, payload: Buffer.alloc(32, 1) })
    }
  })
})

test('packets that belong to no flow are dropped, whatever is open', async () => {
  await nothingLeaves(() => {
    for (const flags of [1, 3, 16, 17, 41, 0]) {
      raw(tcpPacket(from4(CLOSED[4]), { from: 40_005, to: 443 }, flags, 'out'))
      raw(tcpPacket(from6(CLOSED[6]), { from: 40_005, to: 443 }, flags, 'out'))
    }
    for (const flags of [3, 41, 0]) raw(tcpPacket(from4(OPEN[4]), { from: 40_006, to: 443 }, flags, 'out'))
  })
})

test('a connection-tracking helper of the host opens nothing: only ICMP errors are related', async () => {
  gateway.run(
    ['nft', '-f', '-'],
    `table ip helpers {
      ct helper ftp { type "ftp" protocol tcp; }
      chain prerouting { type filter hook prerouting priority filter; tcp dport 443 ct helper set "ftp"; }
    }`,
  )
  await nothingLeaves(async () => {
    const flow = await alpha.agent.call('openFlow', { address: OPEN[4], port: 443 })
    // "Connect to me at 192.0.2.10 port 8000" (the server sends it back, and the helper expects that flow in both directions).
    await alpha.agent.call('talk', { flow, line: `PORT ${alpha.address4.replaceAll('.', ',')},31,64\r` })
    await alpha.agent.call('talk', { flow, line: '227 Entering Passive Mode (192,0,2,10,31,64)\r' })
    assert.notEqual(await alpha.reach(OPEN[4], 8000), 'connected')
    await alpha.agent.call('serve', { ports: [8000] })
    const { outcome } = await outside.call('connect', { address: alpha.address4, port: 8000, source: OPEN[4], timeoutMs: 300 })
    assert.notEqual(outcome, 'connected')
    await alpha.agent.call('closeFlow', { flow })
  }, TO_OPEN)
  gateway.run(['nft', 'delete', 'table', 'ip', 'helpers'])
})

test('hairpins: a port that the gateway publishes for a sandbox or for itself is not reached from a sandbox', async () => {
  gateway.run(
    ['nft', '-f', '-'],
    `table ip published {
      chain prerouting { type nat hook prerouting priority dstnat;
        ip daddr ${GATEWAY4} tcp dport 8443 dnat to ${beta.address4}:443
        ip daddr ${GATEWAY4} tcp dport 8022 redirect to :22
      }
    }`,
  )
  await nothingLeaves(async () => {
    for (const port of [8443, 8022]) await assertRefused(alpha.agent, GATEWAY4, port)
  })
  gateway.run(['nft', 'delete', 'table', 'ip', 'published'])
})

test("a neighbour is not reached by its address, over the gateway's, nor with a route of the sandbox's own making", async () => {
  addAddresses(alpha.namespace, 'eth0', ['10.77.2.9/32'])
  await nothingLeaves(async () => {
    for (const address of [beta.address4, beta.address6]) await assertRefused(alpha.agent, address, 443)
    const { outcome } = await alpha.agent.call('connect', { address: beta.address4, port: 443, source: '10.77.2.9', timeoutMs: 300 })
    assert.notEqual(outcome, 'connected')
  })
  removeAddresses(alpha.namespace, 'eth0', ['10.77.2.9/32'])
})

test('no socket of sallyport listens where a sandbox could reach it, but for DNS', () => {
  const listening = gateway
    .run(['ss', '-Hltnup'])
    .split('\n')
    .filter((line) => line.includes('MainThread') || line.includes('node'))
  const ours = listening.filter((line) =>
    [sallyport.part('resolver'), sallyport.part('updater')].some((pid) => line.includes(`pid=${pid},`)),
  )
  const ports = ours.map((line) => /:(\d+)\s/.exec(line)![1])
  // Upstream sockets are connected, and answer their upstream alone.
  assert.deepEqual(
    [...new Set(ports)].filter((port) => port !== '53' && Number(port) < 1024),
    [],
  )
})
