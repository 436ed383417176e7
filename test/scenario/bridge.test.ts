// Two sandboxes behind one bridge of the gateway, their ports isolated: what one does there is not to the other's harm.
import assert from 'node:assert/strict'
import { createSocket, type SocketOptions } from 'node:dgram'
import { after, test } from 'node:test'
import { udpPacket as rawUdp, TAG } from '../../src/doctor/prove/packet.ts'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { sendFrame, sendPacket } from '../../src/linux/packet.ts'
import { BETA, BRIDGE, bridgeSandboxes } from '../support/bridge.ts'
import { inNamespace } from '../support/netns.ts'
import { type RawPacket, sendRaw, udpPacket } from '../support/raw.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

/** Sockets are made when their address is known: in the namespace that this thread is in by then. */
const atOnce: NonNullable<SocketOptions['lookup']> = (name, _options, done) => done(null, name, 4)
const world = await createWorld(['www.example. 300 IN A 192.0.2.10', 'www.example. 300 IN AAAA 2001:db8:1::10'])
after(() => world.close())
const { alpha, beta, gateway } = world
bridgeSandboxes(world)

const sallyport = await startForward(world, {
  zones: { 'app.zone': 'www.example\n' },
  clients: { alpha: [alpha.address4, alpha.address6], beta: [BETA[4], BETA[6]] },
  updater: { interfaces: [BRIDGE], limits: { dnsFlowsPerSecond: 100 } },
})
after(() => sallyport.stop())

const servers = { 4: alpha.gateway4, 6: alpha.gateway6 } as const
const askFrom = (family: 4 | 6) => beta.ask('www.example', 'A', { server: servers[family], source: BETA[family], timeoutMs: 1_000 })

test('both resolve and connect, and neither reaches the other', async () => {
  await assertReachable(alpha, 'www.example')
  assert.equal((await askFrom(4)).rcode, 'NOERROR')
  assert.equal((await beta.agent.call('connect', { address: '192.0.2.10', port: 443, source: BETA[4] })).outcome, 'connected')
  await assertRefused(alpha.agent, alpha.gateway4, 22)
  assert.notEqual((await alpha.agent.call('connect', { address: BETA[4], port: 443, timeoutMs: 300 })).outcome, 'connected')
})

test('what is meant for the bridge itself does not come to the gateway by a port, whose name no rule knows', async () => {
  const [heard, sentinel] = [[] as string[], 'by the bridge']
  const ear = inNamespace(gateway, () => createSocket({ type: 'udp4', lookup: atOnce }).bind(9))
  ear.on('message', (octets) => heard.push(String(octets)))
  const ends = { source: BETA[4], destination: alpha.gateway4, sourcePort: 9, destinationPort: 9 }
  for (let last = 0; last < 16; last++)
    for (const tags of [[], [TAG.priority]]) {
      const packet = rawUdp(ends, Buffer.from(`to ${last}, ${tags.length} tags`))
      inNamespace(beta.namespace, () => sendFrame('eth0', Uint8Array.of(1, 0x80, 0xc2, 0, 0, last), packet, tags))
    }
  assert.equal((await askFrom(4)).rcode, 'NOERROR')
  inNamespace(gateway, () => sendPacket(rawUdp({ ...ends, source: alpha.gateway4 }, Buffer.from(sentinel))))
  await eventually('what comes after', () => heard.includes(sentinel))
  ear.close()
  assert.deepEqual(heard, [sentinel])
})

function flowsFrom(flooder: string): number {
  const conntrack = inNamespace(gateway, openConntrack)
  const flows = ([4, 6] as const).flatMap((family) => conntrack.flows(family))
  conntrack.close()
  return flows.filter(({ source, sourcePort }) => source === flooder && sourcePort >= 10_000 && sourcePort < 20_000).length
}

for (const family of [4, 6] as const)
  test(`while one floods with DNS over IPv${family}, each question from another port, the other is answered each time`, async () => {
    const source = family === 4 ? alpha.address4 : alpha.address6
    const rcodes: string[] = []
    const start = performance.now()
    for (let round = 0; round < 10; round++) {
      const from = 10_000 + round * 1_000
      const packets = Array.from(
        { length: 1_000 },
        (_, index): RawPacket => udpPacket({ source, destination: servers[family] }, 53, 'no question', from + index),
      )
      sendRaw(alpha.namespace, ...packets)
      rcodes.push((await askFrom(family)).rcode)
    }
    assert.deepEqual(rcodes, Array(10).fill('NOERROR'))
    const entries = flowsFrom(source)
    const most = 100 * (1 + (performance.now() - start) / 1000)
    assert.ok(entries >= 90 && entries <= most, `${entries} entries, ${most} at most`)
  })
