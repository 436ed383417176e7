import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { type Conntrack, openConntrack } from '../../src/linux/conntrack.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
execFileSync('ip', ['link', 'set', 'lo', 'up'])
// Connection tracking begins with the first rule that asks for it.
execFileSync('nft', ['add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new accept'])

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
