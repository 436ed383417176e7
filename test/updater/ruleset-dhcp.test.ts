// `dhcp: true` with a real server on the gateway, which replies to relays wherever they are.
import assert from 'node:assert/strict'
import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { inNamespace } from '../support/netns.ts'
import { createInternetLink, createSandboxLink } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { describe, install } from './ruleset-description.ts'

/** Sockets are made when their address is known: in the namespace that this thread is in by then. */
const atOnce: NonNullable<SocketOptions['lookup']> = (name, _options, done) => done(null, name, 4)

const SERVER_PORT = 67
const CLIENT_PORT = 68
const SAYING = Buffer.from('was here')
const NOBODY = '0.0.0.0'
const ELSEWHERE = '203.0.113.10'

const { gateway, internet } = createInternetLink()
const links = ['alpha', 'beta'].map((label, index) => createSandboxLink(gateway, label, index + 1))
const [alpha] = links
after(() => {
  for (const { remove } of [gateway, internet, ...links.map(({ namespace }) => namespace)]) remove()
})
const nftables = inNamespace(gateway, openNftables)
after(() => nftables.close())

// With one interface alone it would bind its socket to that, and reach nobody elsewhere.
const dnsmasq = gateway.spawn(
  [
    ...[
      'dnsmasq',
      '--keep-in-foreground',
      '--log-facility=-',
      '--port=0',
      '--no-ping',
      '--pid-file=',
      '--conf-file=/dev/null',
      '--leasefile-ro',
    ],
    ...['--interface=sbx1', '--interface=sbx2', '--dhcp-range=10.77.1.50,10.77.1.90', '--dhcp-range=10.77.2.50,10.77.2.90'],
  ],
  { stdio: ['ignore', 'ignore', 'pipe'] },
)
after(() => dnsmasq.kill())
for await (const line of createInterface({ input: dnsmasq.stderr! })) if (line.includes('IP range 10.77.2.50')) break

const outside: Buffer[] = []
const listener = bound(internet, SERVER_PORT, (message) => outside.push(message))
const offers: Buffer[] = []
const client = bound(alpha!.namespace, CLIENT_PORT, (message) => offers.push(message))
after(() => {
  for (const socket of [listener, client]) socket.close()
})

/** At once, for its address needs no look-up. */
function bound(namespace: typeof gateway, port: number, onMessage: (message: Buffer) => void): Socket {
  return inNamespace(namespace, () => createSocket({ type: 'udp4', lookup: atOnce }).on('message', onMessage).bind(port))
}

let transaction = 0

/** A DHCPDISCOVER of RFC 2131 that asks for an address on alpha's link (RFC 3011), to be answered by broadcast, and with something to say (RFC 3046). */
function discover(relay: string): Buffer {
  const head = Buffer.alloc(236)
  head.set([1, 1, 6, 0])
  head.writeUInt32BE(++transaction, 4)
  head.writeUInt16BE(0x8000, 10)
  head.set(relay.split('.').map(Number), 24)
  head.set([2, 0, 0, 0, 0, 9], 28)
  const option = (code: number, value: Uint8Array) => Buffer.from([code, value.length, ...value])
  const options = [option(53, Uint8Array.of(1)), option(118, Uint8Array.of(10, 77, 1, 0)), option(82, option(1, SAYING))]
  return Buffer.concat([head, Uint8Array.of(0x63, 0x82, 0x53, 0x63), ...options, Uint8Array.of(255)])
}

/** Ends when the server has answered: it answers in turn. */
async function askAfter(...messages: readonly Buffer[]): Promise<void> {
  for (const message of [...messages, discover(NOBODY)]) client.send(message, SERVER_PORT, alpha!.gateway4)
  const last = transaction
  await eventually('an offer', () => offers.some((offer) => offer.readUInt32BE(4) === last))
}

test('a sandbox gets an address, and nothing out of the server to a relay of its choice', async () => {
  install(nftables, describe('forward', { dhcp: true }))
  await askAfter(discover(ELSEWHERE))
  assert.equal(outside.length, 0)
  const batch = nftables.begin()
  for (const table of nftables.tables()) batch.add(deleteTable(table))
  nftables.commit(batch)
  // Without the rules it would.
  await askAfter(discover(ELSEWHERE))
  await eventually('a reply outside', () => outside.some((message) => message.includes(SAYING)))
})
