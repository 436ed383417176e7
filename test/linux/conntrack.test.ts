import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { type Conntrack, type Flow, knowsFlows, openConntrack } from '../../src/linux/conntrack.ts'
import { parseAddress } from '../../src/net/address.ts'
import { addFlows, crowd } from '../support/conntrack-crowd.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
execFileSync('ip', ['link', 'set', 'lo', 'up'])
// Connection tracking begins with the first rule that asks for it.
execFileSync('nft', ['add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new accept'])

const MARK = 1 << 20
const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const

/** Sends a datagram to each port, and to the last one from there back. */
async function sendFrom(family: 4 | 6, ports: readonly number[]): Promise<void> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  for (const port of ports) await new Promise((resolve) => socket.send('x', port, LOOPBACK[family], resolve))
  socket.close()
  await once(socket, 'close')
}

function portsOf(conntrack: Conntrack, family: 4 | 6): number[] {
  return conntrack
    .flows(family)
    .map((flow) => flow.destinationPort)
    .sort()
}

test('whether there are flows at all is known before any is listed', async () => {
  assert.equal(knowsFlows(), false)
  await sendFrom(4, [4000])
  assert.equal(knowsFlows(), true)
  const conntrack = openConntrack()
  conntrack.deleteFlows(4, () => true)
  assert.equal(knowsFlows(), false)
  conntrack.close()
})

test('flows of both families are forgotten in one walk, each as its own', async () => {
  const conntrack = openConntrack()
  await sendFrom(4, [4004, 4005])
  await sendFrom(6, [4004, 4005])
  assert.equal(
    conntrack.deleteFlows(undefined, (each) => each.destinationPort === 4004),
    2,
  )
  assert.deepEqual([portsOf(conntrack, 4), portsOf(conntrack, 6)], [[4005], [4005]])
  conntrack.deleteFlows(undefined, () => true)
  conntrack.close()
})

for (const family of [4, 6] as const) {
  test(`the flows that match are forgotten, the others go on (IPv${family})`, async () => {
    const conntrack = openConntrack()
    await sendFrom(family, [4001, 4002, 4003])
    const flow = conntrack.flows(family).find((each) => each.destinationPort === 4002)!
    assert.deepEqual([flow.source, flow.destination, flow.protocol, flow.family], [LOOPBACK[family], LOOPBACK[family], 17, family])
    assert.equal(
      conntrack.deleteFlows(family, (each) => each.destinationPort !== 4002),
      2,
    )
    assert.deepEqual(portsOf(conntrack, family), [4002])
    assert.equal(
      conntrack.deleteFlows(family, () => false),
      0,
    )
    conntrack.close()
  })
}

for (const family of [4, 6] as const) {
  test(`of a thousand flows those from and to an address are seen: in IPv4 no others (IPv${family})`, () => {
    const conntrack = openConntrack()
    const address = (n: number) => (family === 4 ? `192.0.2.${n % 250}` : `2001:db8::${n % 250}`)
    const flows = Array.from({ length: 1_000 }, (_, i) => ({
      source: address(i),
      destination: address(i + 1),
      sourcePort: i,
      destinationPort: 9,
    }))
    addFlows(flows, MARK)
    const seen: string[] = []
    const see = ({ source, destination }: Flow) => seen.push(`${source} ${destination}`) === 0
    const [one, next] = [parseAddress(address(7))!, parseAddress(address(8))!]
    for (const where of [{ source: one }, { destination: next }, { source: one, destination: next }]) {
      seen.length = 0
      assert.equal(sum(conntrack.forget({ family, mark: MARK, ...where }, see)), 0)
      assert.equal(seen.filter((each) => each === `${one} ${next}`).length, 4)
      assert.equal(seen.length, family === 4 ? 4 : 1_000)
    }
    assert.equal(sum(conntrack.forget({ family, mark: 2 * MARK, source: one }, () => true)), 0)
    assert.equal(sum(conntrack.forget({ family, mark: MARK, source: one }, ({ source }) => source === one)), 4)
    assert.equal(sum(conntrack.forget({ family, mark: MARK }, () => true)), 996)
    conntrack.close()
  })
}

test('whoever leaves off in the middle of many flows may look at others afterwards', () => {
  const conntrack = openConntrack()
  addFlows(crowd(2_000), MARK)
  for (const _ of conntrack.forget({ family: 4, mark: MARK }, () => false)) break
  assert.equal(sum(conntrack.forget({ family: 4, mark: MARK }, () => true)), 2_000)
  conntrack.close()
})

function sum(counts: Iterable<number>): number {
  return Iterator.from(counts).reduce((total, count) => total + count, 0)
}

test('a thousand flows are forgotten at once', async () => {
  const conntrack = openConntrack()
  await sendFrom(
    4,
    Array.from({ length: 1_000 }, (_, i) => 20_000 + i),
  )
  assert.equal(
    conntrack.deleteFlows(4, ({ destinationPort }) => destinationPort >= 20_000 && destinationPort < 21_000),
    1_000,
  )
  assert.equal(portsOf(conntrack, 4).filter((port) => port >= 20_000).length, 0)
  conntrack.close()
})
