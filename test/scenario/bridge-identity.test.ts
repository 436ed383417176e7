// Who is who on one bridge: any sandbox that may forge packets, until each is bound to its port (deploy/bridge/ports.nft).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { icmpPacket, ON_LINK, TAG, udpPacket } from '../../src/doctor/prove/packet.ts'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { openCapture, sendFrame } from '../../src/linux/packet.ts'
import { encodeAddress, parseAddress } from '../../src/net/address.ts'
import { BETA, BRIDGE, bridgeSandboxes } from '../support/bridge.ts'
import { inNamespace } from '../support/netns.ts'
import { sendRaw, tcpPacket } from '../support/raw.ts'
import type { Sandbox } from '../support/sandbox.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { addAddresses, removeAddresses } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const SITE = { 4: '192.0.2.10', 6: '2001:db8:1::10' } as const
/** As in the file. */
const STATION = { alpha: '02:00:00:00:02:01', beta: '02:00:00:00:02:02' } as const
const PORT = { alpha: 'sbx1', beta: 'sbx2' } as const
const RECIPE = new URL('../../deploy/bridge/ports.nft', import.meta.url)
const NEIGHBOUR_ADVERTISEMENT = 136
const SYN = 2
/** Without, and with one of a priority alone, which the kernel takes off. */
const TAGS = [[], [TAG.priority]]
/** What is sent there is for the bridge itself, and seen by no rule of it (IEEE 802.1Q section 8.6.3): LLDP, and LACP. */
const RESERVED = ['01:80:c2:00:00:0e', '01:80:c2:00:00:02']
const KINDS = {
  'is IP': [],
  'is ARP': [0x0806_0001],
  'is 802.1Q': [0x8100_0005],
  'is 802.1ad': [0x88a8_0005],
  'is MPLS': [0x8847_0001],
  'is PPPoE': [0x8864_1100],
} as const

const world = await createWorld([`www.example. 300 IN A ${SITE[4]}`, `www.example. 300 IN AAAA ${SITE[6]}`])
after(() => world.close())
const { alpha, beta, gateway } = world
bridgeSandboxes(world)
setStation(alpha, STATION.alpha)
setStation(beta, STATION.beta)
const sallyport = await startForward(world, {
  zones: { 'app.zone': '$CLIENTS alpha\nwww.example\n' },
  clients: { alpha: [alpha.address4, alpha.address6], beta: [BETA[4], BETA[6]] },
})
after(() => sallyport.stop())

const own = { alpha: { 4: alpha.address4, 6: alpha.address6 }, beta: BETA } as const

function setStation({ namespace }: Sandbox, station: string): void {
  namespace.run(['ip', 'link', 'set', 'dev', 'eth0', 'address', station])
}

/** Each address as the gateway finds it, by the first packet that it has for it. */
function forgetNeighbours(): void {
  for (const { run } of [gateway, alpha.namespace, beta.namespace]) run(['ip', 'neigh', 'flush', 'all'])
}

/** Beta takes alpha's address, and begins a connection with it. */
async function connectAsAlpha(family: 4 | 6, timeoutMs: number): Promise<string> {
  const stolen = `${own.alpha[family]}/${family === 4 ? 24 : 64}`
  forgetNeighbours()
  addAddresses(beta.namespace, 'eth0', [stolen])
  const ends = { address: SITE[family], port: 443, source: own.alpha[family], timeoutMs }
  const { outcome } = await beta.agent.call('connect', ends)
  removeAddresses(beta.namespace, 'eth0', [stolen])
  return outcome
}

/** Beta sends the first packet of a connection as alpha, from its own station: whether the gateway knows the connection. */
async function beginsAsAlpha(family: 4 | 6, from: number): Promise<boolean> {
  sendRaw(beta.namespace, tcpPacket({ source: own.alpha[family], destination: SITE[family] }, { from, to: 443 }, SYN))
  await reachGateway()
  const conntrack = inNamespace(gateway, openConntrack)
  const flows = conntrack.flows(family)
  conntrack.close()
  return flows.some(({ source, sourcePort }) => source === own.alpha[family] && sourcePort === from)
}

async function assertAlphaGoesOn(): Promise<void> {
  forgetNeighbours()
  await assertReachable(alpha, 'www.example')
  await assertReachable(alpha, 'www.example', 'AAAA')
}

/** Beta says, from its own address, that alpha's is at its station (RFC 4861 section 4.4). The station that the gateway then has for alpha's address. */
async function advertiseAlpha(tags: readonly number[]): Promise<string | undefined> {
  const body = Uint8Array.from([0x60, 0, 0, 0, ...encodeAddress(parseAddress(own.alpha[6])!), 2, 1, ...octetsOf(STATION.beta)])
  const packet = icmpPacket({ source: BETA[6], destination: alpha.gateway6 }, NEIGHBOUR_ADVERTISEMENT, 0, body, ON_LINK)
  inNamespace(beta.namespace, () => sendFrame('eth0', octetsOf(stationOfBridge()), packet, tags))
  await reachGateway()
  return stationOfAlpha(6)
}

/** As the gateway has it; undefined where it has none. */
function stationOfAlpha(family: 4 | 6): string | undefined {
  return /lladdr (\S+)/.exec(gateway.run(['ip', 'neigh', 'show', own.alpha[family], 'dev', BRIDGE]))?.[1]
}

function stationOfBridge(): string {
  return /link\/ether (\S+)/.exec(gateway.run(['ip', 'link', 'show', BRIDGE]))![1]!
}

/** Beta sends as alpha's station. The port where the bridge then believes that station to be. */
async function sendAsStationOfAlpha(station: string): Promise<string> {
  const packet = udpPacket({ source: BETA[4], destination: alpha.gateway4, sourcePort: 1, destinationPort: 9 }, Buffer.from('was here'))
  setStation(beta, STATION.alpha)
  inNamespace(beta.namespace, () => sendFrame('eth0', octetsOf(station), packet))
  setStation(beta, STATION.beta)
  await reachGateway()
  return gateway.run(['bridge', 'fdb', 'show', 'br', BRIDGE]).match(new RegExp(`^${STATION.alpha} dev (\\S+)`, 'm'))![1]!
}

/** Ends when all that was sent from beta before has been taken in. */
async function reachGateway(): Promise<void> {
  assert.equal((await beta.ask('www.example', 'A', { server: alpha.gateway4, source: BETA[4], timeoutMs: 2_000 })).rcode, 'NXDOMAIN')
}

/** The kinds of frame from beta that arrive at alpha. */
async function kindsThatArrive(): Promise<readonly string[]> {
  const capture = inNamespace(alpha.namespace, () => openCapture('eth0'))
  const ends = { source: BETA[4], destination: own.alpha[4], sourcePort: 1, destinationPort: 9 }
  inNamespace(beta.namespace, () => {
    for (const [kind, tags] of Object.entries(KINDS)) sendFrame('eth0', octetsOf(STATION.alpha), udpPacket(ends, Buffer.from(kind)), tags)
  })
  await reachGateway()
  const arrived = Buffer.concat([...capture.poll()])
  capture.close()
  return Object.keys(KINDS).filter((kind) => arrived.includes(kind))
}

/** As the file says. */
function bindPorts(): void {
  const text = readFileSync(RECIPE, 'utf8')
  const [command] = /ip link set dev br-sandboxes .*/.exec(text)!
  gateway.run(command.replace('br-sandboxes', BRIDGE).split(' '))
  gateway.run(['nft', '-f', '-'], text.replaceAll('veth-reviewer', PORT.alpha).replaceAll('veth-builder', PORT.beta))
}

function octetsOf(station: string): Uint8Array {
  return Buffer.from(station.replaceAll(':', ''), 'hex')
}

test('between isolated ports no frame passes, of whatever kind', async () => {
  assert.deepEqual(await kindsThatArrive(), [])
  gateway.run(['bridge', 'link', 'set', 'dev', PORT.beta, 'isolated', 'off'])
  assert.deepEqual(await kindsThatArrive(), Object.keys(KINDS))
  gateway.run(['bridge', 'link', 'set', 'dev', PORT.beta, 'isolated', 'on'])
})

test('whoever may forge packets takes the address and the station of another, isolated or not', async () => {
  await assertAlphaGoesOn()
  for (const family of [4, 6] as const) assert.equal(await connectAsAlpha(family, 5_000), 'connected', `IPv${family}`)
  for (const family of [4, 6] as const) assert.equal(await beginsAsAlpha(family, 20_001), true, `IPv${family}`)
  await assertAlphaGoesOn()
  // Until alpha says something.
  for (const tags of TAGS) {
    await eventually("beta at alpha's address", async () => (await advertiseAlpha(tags)) === STATION.beta)
    await assertAlphaGoesOn()
  }
  for (const station of [stationOfBridge(), ...RESERVED]) {
    await eventually("beta at alpha's station", async () => (await sendAsStationOfAlpha(station)) === PORT.beta)
    await assertAlphaGoesOn()
  }
})

test('bound to its port, nobody takes anything of another, and each goes on as itself', async () => {
  bindPorts()
  await assertAlphaGoesOn()
  for (const family of [4, 6] as const) {
    assert.equal(await connectAsAlpha(family, 500), 'timeout', `IPv${family}`)
    assert.equal(await beginsAsAlpha(family, 20_002), false, `IPv${family}`)
    assert.notEqual(stationOfAlpha(family), STATION.beta, `IPv${family}`)
  }
  await assertAlphaGoesOn()
  for (const tags of TAGS) assert.equal(await advertiseAlpha(tags), STATION.alpha)
  for (const station of [stationOfBridge(), ...RESERVED]) assert.equal(await sendAsStationOfAlpha(station), PORT.alpha, station)
  await assertAlphaGoesOn()
})
