// `dhcp: true` with real servers on the gateway, which reply wherever a message says: dnsmasq, whose socket is one like others, and ISC dhcpd, which
// hears sandboxes by packet sockets, before any rule. (Kea, too, but it replies by the interface that the message came from.)
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { decodeFrame } from '../../src/doctor/prove/frame.ts'
import { udpPacket } from '../../src/doctor/prove/packet.ts'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { openCapture, sendFrame } from '../../src/linux/packet.ts'
import type { Namespace } from '../support/namespace.ts'
import { inNamespace } from '../support/netns.ts'
import { createInternetLink, createSandboxLink, GATEWAY4, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { describe, install } from './ruleset-description.ts'

/** Sockets are made when their address is known: in the namespace that this thread is in by then. */
const atOnce: NonNullable<SocketOptions['lookup']> = (name, _options, done) => done(null, name, 4)

const PORT = { server: 67, client: 68 } as const
const SAYING = Buffer.from('was here')
const NOBODY = '0.0.0.0'
const EVERYBODY = '255.255.255.255'
const ELSEWHERE = '203.0.113.10'
const GATEWAY = '10.77.1.1'
const BROADCAST_STATION = new Uint8Array(6).fill(255)
const folder = mkdtempSync(join(tmpdir(), 'sallyport-dhcp-'))
after(() => rmSync(folder, { recursive: true }))

/** Each with what it says once it listens. */
const SERVERS = {
  dnsmasq: {
    ready: 'IP range 10.77.2.50',
    start: (gateway: Namespace) =>
      gateway.spawn(
        [
          ...['dnsmasq', '--keep-in-foreground', '--log-facility=-', '--port=0', '--no-ping', '--pid-file='],
          ...['--conf-file=/dev/null', '--leasefile-ro', '--interface=sbx1', '--interface=sbx2', '--interface=wan0'],
          ...['--dhcp-range=10.77.1.50,10.77.1.90', '--dhcp-range=10.77.2.50,10.77.2.90'],
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      ),
  },
  dhcpd: {
    ready: 'Server starting service',
    start: (gateway: Namespace) => {
      const [settings, leases] = [join(folder, 'dhcpd.conf'), join(folder, 'dhcpd.leases')]
      const subnets = [1, 2].map((index) => `subnet 10.77.${index}.0 netmask 255.255.255.0 { range 10.77.${index}.50 10.77.${index}.90; }`)
      writeFileSync(
        settings,
        ['authoritative;', 'ping-check false;', ...subnets, 'subnet 198.51.100.0 netmask 255.255.255.0 {}'].join('\n'),
      )
      writeFileSync(leases, '')
      const paths = ['-cf', settings, '-lf', leases, '-pf', join(folder, 'dhcpd.pid')]
      return gateway.spawn(['dhcpd', '-4', '-f', '-d', ...paths, 'sbx1', 'sbx2', 'wan0'], { stdio: ['ignore', 'ignore', 'pipe'] })
    },
  },
} as const

interface Words {
  readonly type: number
  /** `ciaddr`, `giaddr` and the source address. */
  readonly own?: string
  readonly relay?: string
  readonly source?: string
}

const DISCOVER = 1
const INFORM = 8
const BOOTREPLY = 2
let transaction = 0

/** A message of RFC 2131 about alpha's link (RFC 3011), with something to say (RFC 3046). */
function message({ type, own = NOBODY, relay = NOBODY }: Words): Buffer {
  const head = Buffer.alloc(236)
  head.set([1, 1, 6, 0])
  head.writeUInt32BE(++transaction, 4)
  head.set(own.split('.').map(Number), 12)
  head.set(relay.split('.').map(Number), 24)
  head.set([2, 0, 0, 0, 0, 9], 28)
  const option = (code: number, value: Uint8Array) => Buffer.from([code, value.length, ...value])
  const options = [option(53, Uint8Array.of(type)), option(118, Uint8Array.of(10, 77, 1, 0)), option(82, option(1, SAYING))]
  return Buffer.concat([head, Uint8Array.of(0x63, 0x82, 0x53, 0x63), ...options, Uint8Array.of(255)])
}

/** What a server says on the wire there, in its order: not all of it to whoever has the address. */
function openEar(namespace: Namespace) {
  const capture = inNamespace(namespace, () => openCapture('eth0'))
  const heard: Buffer[] = []
  const listen = (): readonly Buffer[] => {
    const packets = [...capture.poll()].map(decodeFrame)
    heard.push(...packets.flatMap((packet) => (packet?.sourcePort === PORT.server ? [packet.payload] : [])))
    return heard.filter((octets) => octets[0] === BOOTREPLY)
  }
  const hears = (id: number): Promise<boolean> => eventually('an answer', () => transactionsIn(listen()).includes(id))
  return { listen, hears, close: capture.close }
}

function transactionsIn(messages: readonly Buffer[]): readonly number[] {
  return messages.map((octets) => octets.readUInt32BE(4))
}

/** With nothing of ours on the gateway yet. */
async function createWorld({ ready, start }: (typeof SERVERS)[keyof typeof SERVERS]) {
  const { gateway, internet } = createInternetLink()
  const links = ['alpha', 'beta'].map((label, index) => createSandboxLink(gateway, label, index + 1))
  const { namespace: alpha, address4 } = links[0]!
  const nftables = inNamespace(gateway, openNftables)
  const server: ChildProcess = start(gateway)
  for await (const line of createInterface({ input: server.stderr! })) if (line.includes(ready)) break
  const [inside, outside] = [openEar(alpha), openEar(internet)]
  const openSocket = (port: number, own: string): Socket =>
    inNamespace(internet, () => createSocket({ type: 'udp4', lookup: atOnce }).bind(port, own))
  const relay = openSocket(PORT.server, ELSEWHERE)
  const otherSideOfRelay = openSocket(PORT.server, UPSTREAM4)
  const accomplice = openSocket(PORT.client, ELSEWHERE)
  after(() => {
    for (const socket of [relay, otherSideOfRelay, accomplice, inside, outside]) socket.close()
    server.kill()
    nftables.close()
    for (const { remove } of [gateway, internet, ...links.map(({ namespace }) => namespace)]) remove()
  })

  /** From alpha, as a frame: no kernel sends without a source address. */
  const say = (words: Words) => {
    const { source = address4 } = words
    const ends = { source, destination: source === NOBODY ? EVERYBODY : GATEWAY, sourcePort: PORT.client, destinationPort: PORT.server }
    const octets = message(words)
    inNamespace(alpha, () => sendFrame('eth0', BROADCAST_STATION, udpPacket(ends, octets)))
  }
  /** Ways to have the server say something to somebody else. */
  const tryAll = () => {
    say({ type: DISCOVER, relay: ELSEWHERE })
    return informAll()
  }
  const informAll = () => {
    say({ type: INFORM, own: ELSEWHERE })
    say({ type: INFORM, own: ELSEWHERE, source: NOBODY })
    return transaction
  }
  const askHonestly = async (words: Words) => {
    say(words)
    await inside.hears(transaction)
  }
  const relayHonestly = async (from: Socket) => {
    from.send(message({ type: DISCOVER, relay: ELSEWHERE }), PORT.server, GATEWAY4)
    await outside.hears(transaction)
    return transaction
  }
  return { nftables, outside, relay, otherSideOfRelay, accomplice, address4, tryAll, informAll, askHonestly, relayHonestly }
}

// All worlds before the first test: whoever waits between tests has the file end when those before are done.
const worlds = await Promise.all(Object.entries(SERVERS).map(async ([name, server]) => ({ name, ...(await createWorld(server)) })))
for (const { name, nftables, outside, relay, otherSideOfRelay, accomplice, address4, ...ways } of worlds) {
  const { tryAll, informAll, askHonestly, relayHonestly } = ways
  test(`a sandbox gets nothing out of ${name} to an address of its choice, though somebody there asks, too, and relays are answered`, async () => {
    install(nftables, describe('forward', { dhcp: true }))
    tryAll()
    await askHonestly({ type: DISCOVER })
    await askHonestly({ type: INFORM, own: address4 })
    // A server answers in turn: whatever it had to say before has been said.
    const honest = [await relayHonestly(otherSideOfRelay)]
    assert.deepEqual(transactionsIn(outside.listen()), honest)
    accomplice.send(message({ type: INFORM, own: ELSEWHERE }), PORT.server, GATEWAY4)
    honest.push(await relayHonestly(relay))
    informAll()
    honest.push(await relayHonestly(relay))
    assert.deepEqual(transactionsIn(outside.listen()), honest)
    const batch = nftables.begin()
    for (const table of nftables.tables()) batch.add(deleteTable(table))
    nftables.commit(batch)
    // Without the rules it would.
    await outside.hears(tryAll())
    assert.ok(outside.listen().at(-1)!.includes(SAYING))
  })
}
