// What flows carry, as connection tracking counts it: while they go on, when they end, and where the kernel does not count.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import koffi from 'koffi'
import { countPackets } from '../../src/linux/accounting.ts'
import { openFlowDump } from '../../src/linux/conntrack.ts'
import { watchEndedFlows } from '../../src/linux/ended-flows.ts'
import { createFlowWatch } from '../../src/updater/flow-watch.ts'
import { createVolumes } from '../../src/updater/volumes.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { startRig } from './rig.ts'

enterPrivateNamespace()
execFileSync('ip', ['link', 'set', 'lo', 'up'])
const MARK = 0x0800_0000
/** The port whose flows do not carry the mark. */
const FOREIGN = 4009
const RULES = `table inet t { chain c { type filter hook output priority 0; udp dport != ${FOREIGN} ct mark set ${MARK}; ct state new accept; }; }`
const DATAGRAM_OCTETS = 20 + 8 + 1

function startCounting(t: TestContext, { most = 512, queueOctets }: { most?: number; queueOctets?: number } = {}) {
  execFileSync('nft', ['-f', '-'], { input: `flush ruleset\n${RULES}` })
  execFileSync('conntrack', ['-F'], { stdio: 'ignore' })
  assert.ok(countPackets())
  let missed = 0
  const onMissed = () => missed++
  const volumes = createVolumes({ ended: watchEndedFlows(MARK, queueOctets), byClient: true, most, now: Date.now, onMissed })
  const watch = createFlowWatch(openFlowDump(MARK), true, Date.now, volumes)
  t.after(() => {
    volumes.close()
    watch.close()
  })
  const look = () => {
    watch.begin()
    while (watch.read());
  }
  look()
  return {
    look,
    poll: volumes.poll,
    missed: () => missed,
    /** By port of the destination. */
    counted: () => Object.fromEntries(Array.from(volumes.all(), ({ port, packets, octets }) => [port, [packets, octets]])),
  }
}

async function open(t: TestContext): Promise<Socket> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.after(() => socket.close())
  return socket
}

async function send(socket: Socket, port: number, datagrams: number): Promise<void> {
  for (let i = 0; i < datagrams; i++) await new Promise((resolve) => socket.send('x', port, '127.0.0.1', resolve))
}

function endFlows(...which: readonly string[]): void {
  execFileSync('conntrack', ['-D', '-p', 'udp', ...which], { stdio: 'ignore' })
}

function figures(datagrams: number): readonly number[] {
  return [datagrams, datagrams * DATAGRAM_OCTETS]
}

test('what a flow carries is counted while it goes on, the rest when it ends, and all flows to a port are added up', async (t) => {
  const counting = startCounting(t)
  const [one, other] = [await open(t), await open(t)]
  await send(one, 4001, 3)
  assert.deepEqual(counting.counted(), {})
  counting.look()
  assert.deepEqual(counting.counted(), { 4001: figures(3) })
  await send(one, 4001, 2)
  await send(other, 4001, 5)
  counting.look()
  counting.look()
  assert.deepEqual(counting.counted(), { 4001: figures(10) })
  await send(one, 4001, 1)
  endFlows()
  counting.poll()
  assert.deepEqual(counting.counted(), { 4001: figures(11) })
  await send(one, 4001, 1)
  counting.look()
  assert.deepEqual(counting.counted(), { 4001: figures(12) })
})

test('a flow that begins and ends between two looks is counted, and none that is not ours', async (t) => {
  const counting = startCounting(t)
  const socket = await open(t)
  await send(socket, 4002, 4)
  await send(socket, FOREIGN, 4)
  endFlows()
  counting.poll()
  counting.look()
  assert.deepEqual(counting.counted(), { 4002: figures(4) })
})

/** Looks that find what is put into `entries`. */
function startRecorded(t: TestContext) {
  const entries: Buffer[] = []
  const read = (see: (entry: Buffer) => void): boolean => {
    entries.forEach(see)
    return false
  }
  const volumes = createVolumes({ ended: watchEndedFlows(MARK), byClient: true, most: 16, now: Date.now, onMissed: assert.fail })
  const watch = createFlowWatch({ start: () => {}, read, close: () => {} }, true, Date.now, volumes)
  t.after(volumes.close)
  return { entries, volumes, watch }
}

function entriesNow(): readonly Buffer[] {
  const entries: Buffer[] = []
  const dump = openFlowDump(MARK)
  dump.start()
  while (dump.read((entry) => entries.push(Buffer.from(entry))));
  dump.close()
  return entries
}

test('a flow that ends while a look is under way is counted once', async (t) => {
  startCounting(t)
  const { entries, volumes, watch } = startRecorded(t)
  const socket = await open(t)
  await send(socket, 4003, 4)
  entries.push(...entriesNow())
  watch.begin()
  while (watch.read());
  await send(socket, 4003, 2)
  watch.begin()
  endFlows()
  volumes.poll()
  while (watch.read());
  assert.deepEqual(
    Array.from(volumes.all(), ({ packets }) => packets),
    [2],
  )
})

test('where no flow is older than the rules, all that one carries is counted', async (t) => {
  startCounting(t)
  const { entries, volumes, watch } = startRecorded(t)
  const socket = await open(t)
  await send(socket, 4003, 3)
  entries.push(...entriesNow())
  volumes.countAll()
  watch.begin()
  while (watch.read());
  assert.deepEqual(
    Array.from(volumes.all(), ({ packets }) => packets),
    [3],
  )
})

test('a flow in whose entry another was that ended unseen is counted whole', async (t) => {
  startCounting(t)
  const { entries, volumes, watch } = startRecorded(t)
  const socket = await open(t)
  const grown: Buffer[] = []
  for (let packets = 1; packets <= 3; packets++) {
    await send(socket, 4003, 1)
    grown.push(...entriesNow())
  }
  const look = (...found: readonly number[]) => {
    entries.splice(0, entries.length, ...found.map((packets) => grown[packets - 1]!))
    watch.begin()
    while (watch.read());
    return Array.from(volumes.all(), ({ packets }) => packets)
  }
  look()
  assert.deepEqual(look(2), [2])
  assert.deepEqual(look(1), [3], 'it has carried less than the other')
  look()
  assert.deepEqual(look(3), [6], 'a look has missed the other')
})

test('where more flows end at once than can be told it is said, and what is told afterwards is right', async (t) => {
  const counting = startCounting(t, { queueOctets: 4096 })
  const socket = await open(t)
  for (let port = 5000; port < 5200; port++) await send(socket, port, 1)
  await send(socket, 4004, 3)
  counting.look()
  endFlows()
  counting.poll()
  assert.equal(counting.missed(), 1)
  await send(socket, 4004, 2)
  counting.look()
  assert.deepEqual(counting.counted()[4004], figures(5))
  endFlows()
  counting.poll()
  assert.deepEqual([counting.counted()[4004], counting.missed()], [figures(5), 1])
})

test('so many contacts have figures, and no more', async (t) => {
  const counting = startCounting(t, { most: 2 })
  const socket = await open(t)
  for (const port of [4001, 4002, 4003]) await send(socket, port, 1)
  counting.look()
  assert.equal(Object.keys(counting.counted()).length, 2)
})

/** Sends to a neighbour who never answers, under a guard that lets it. */
async function contact(t: TestContext) {
  const { updater } = await startRig(t, { zone: '192.0.2.9 udp/443\n', firewall: { guard: 'output', resolverUid: 990, interfaces: [] } })
  const socket = createSocket('udp4')
  await new Promise((resolve) => socket.send('x', 443, '192.0.2.9', resolve))
  socket.close()
  await updater.lookAtFlows()
  return (await updater.contacts()).contacts.map(({ address, connections, packets, octets }) => [address, connections, packets, octets])
}

test('a contact has the figures of its flows; where the kernel does not count, they are unknown, and the contact is listed all the same', async (t) => {
  for (const command of ['link add out type veth peer name far', 'addr add 192.0.2.1/24 dev out', 'link set far up', 'link set out up'])
    execFileSync('ip', command.split(' '))
  execFileSync('ip', ['neigh', 'add', '192.0.2.9', 'lladdr', '02:00:00:00:00:09', 'dev', 'out'])
  execFileSync('nft', ['flush', 'ruleset'])
  await t.test('counted', async (t) => assert.deepEqual(await contact(t), [['192.0.2.9', 1, ...figures(1)]]))
  forbidSettings()
  await t.test('not counted', async (t) => assert.deepEqual(await contact(t), [['192.0.2.9', 1, undefined, undefined]]))
})

/** As in a container: kernel settings are there to be read. */
function forbidSettings(): void {
  writeFileSync('/proc/sys/net/netfilter/nf_conntrack_acct', '0')
  const CLONE_NEWNS = 0x0002_0000
  assert.equal(koffi.load(null).func('int unshare(int flags)')(CLONE_NEWNS), 0)
  execFileSync('mount', ['--make-rprivate', '/'])
  execFileSync('mount', ['--bind', '-o', 'ro', '/proc/sys', '/proc/sys'])
}
