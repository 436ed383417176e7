// Use is packets in both directions, since the last look, as connection tracking tells it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { countPackets } from '../../src/linux/accounting.ts'
import { openFlowDump } from '../../src/linux/conntrack.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import { createFlowWatch, type FlowWatch } from '../../src/updater/flow-watch.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
execFileSync('ip', ['link', 'set', 'lo', 'up'])
execFileSync('nft', ['add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new accept'])

const HOMES = { 4: '127.0.0.1', 6: '::1' } as const
/** An echo and a port where datagrams are taken in silence. */
const [ECHO, SILENT] = [4001, 4002]

async function bind(port: number, family: 4 | 6): Promise<Socket> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  await new Promise<void>((resolve) => socket.bind(port, HOMES[family], resolve))
  return socket
}

async function send(from: Socket, port: number): Promise<void> {
  const answered = port === ECHO ? new Promise((resolve) => from.once('message', resolve)) : pause(20)
  from.send('x', port, from.address().address)
  await answered
}

function look(watch: FlowWatch, home: Address): readonly number[] {
  watch.begin()
  while (watch.read());
  return [ECHO, SILENT].filter((port) =>
    watch.uses({ client: home, destination: home, ports: { protocol: 'udp', first: port, last: port } }),
  )
}

for (const [family, counts] of [
  [4, true],
  [6, true],
  [4, false],
] as const) {
  test(`a flow is in use while both sides send; silence and packets without an answer are no use (IPv${family}, the kernel counts packets: ${counts})`, async (t) => {
    execFileSync('conntrack', ['-F'], { stdio: 'ignore' })
    const home = parseAddress(HOMES[family])!
    const [client, echo, silent] = await Promise.all([bind(0, family), bind(ECHO, family), bind(SILENT, family)])
    const watch = createFlowWatch(openFlowDump(0), true, Date.now)
    t.after(() => {
      for (const part of [client, echo, silent, watch]) part.close()
    })
    if (counts) assert.ok(countPackets())
    else writeFileSync('/proc/sys/net/netfilter/nf_conntrack_acct', '0')
    echo.on('message', (message, { port, address }) => echo.send(message, port, address))
    await send(client, ECHO)
    await send(client, SILENT)
    assert.deepEqual(look(watch, home), [ECHO])
    assert.deepEqual([...watch.destinations], [home])
    await send(client, SILENT)
    assert.deepEqual(look(watch, home), [])
    // A timeout of whole seconds has to run down before it can be seen to be wound up.
    await pause(counts ? 0 : 4_000)
    await send(client, ECHO)
    assert.deepEqual(look(watch, home), [ECHO])
    assert.equal(
      watch.uses({ client: parseAddress('10.77.0.3'), destination: home, ports: { protocol: 'any', first: 0, last: 65_535 } }),
      false,
    )
    assert.equal(watch.uses({ client: home, destination: home, ports: { protocol: 'udp', first: 4000, last: 5000 } }), true)
  })
}
