// Use is packets in both directions, since the last look, as connection tracking tells it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { countPackets } from '../../src/linux/accounting.ts'
import { openFlowDump } from '../../src/linux/conntrack.ts'
import { parseAddress } from '../../src/net/address.ts'
import { createFlowWatch, type FlowWatch } from '../../src/updater/flow-watch.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
execFileSync('ip', ['link', 'set', 'lo', 'up'])
execFileSync('nft', ['add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new accept'])

const HOME = parseAddress('127.0.0.1')!
/** An echo and a port where datagrams are taken in silence. */
const [ECHO, SILENT] = [4001, 4002]

async function bind(port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
  return socket
}

async function send(from: Socket, port: number): Promise<void> {
  const answered = port === ECHO ? new Promise((resolve) => from.once('message', resolve)) : pause(20)
  from.send('x', port, '127.0.0.1')
  await answered
}

function look(watch: FlowWatch): readonly number[] {
  watch.begin()
  while (watch.read());
  return [ECHO, SILENT].filter((port) =>
    watch.uses({ client: HOME, destination: HOME, ports: { protocol: 'udp', first: port, last: port } }),
  )
}

for (const counts of [true, false]) {
  test(`a flow is in use while both sides send; silence and packets without an answer are no use (the kernel counts packets: ${counts})`, async (t) => {
    const [client, echo, silent] = await Promise.all([bind(0), bind(ECHO), bind(SILENT)])
    const watch = createFlowWatch(openFlowDump(0), true, Date.now)
    t.after(() => {
      for (const part of [client, echo, silent, watch]) part.close()
    })
    if (counts) assert.ok(countPackets())
    else writeFileSync('/proc/sys/net/netfilter/nf_conntrack_acct', '0')
    echo.on('message', (message, { port, address }) => echo.send(message, port, address))
    await send(client, ECHO)
    await send(client, SILENT)
    assert.deepEqual(look(watch), [ECHO])
    assert.deepEqual([...watch.destinations], [HOME])
    await send(client, SILENT)
    assert.deepEqual(look(watch), [])
    // A timeout of whole seconds has to run down before it can be seen to be wound up.
    await pause(counts ? 0 : 4_000)
    await send(client, ECHO)
    assert.deepEqual(look(watch), [ECHO])
    assert.equal(
      watch.uses({ client: parseAddress('10.77.0.3'), destination: HOME, ports: { protocol: 'any', first: 0, last: 65_535 } }),
      false,
    )
    assert.equal(watch.uses({ client: HOME, destination: HOME, ports: { protocol: 'udp', first: 4000, last: 5000 } }), true)
  })
}
