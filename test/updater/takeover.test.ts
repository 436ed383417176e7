// A restart beside many elements: names are opened at once, while what an earlier updater left is still being read.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { libc } from '../../src/linux/libc.ts'
import { NETLINK, NetlinkSocket } from '../../src/linux/netlink/socket.ts'
import { readElements } from '../../src/linux/nftables/dump.ts'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { type Nftables, openNftables } from '../../src/linux/nftables/nftables.ts'
import { NFNLGRP_NFTABLES, NFT_MSG } from '../../src/linux/nftables/vocabulary.ts'
import { BEGUN_MARK } from '../../src/updater/ruleset/common.ts'
import { addFlows } from '../support/conntrack-crowd.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { SILENT } from '../support/updater-options.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, nft, type Rig, startRig } from './rig.ts'

enterPrivateNamespace()

const FW = { family: 'inet', name: 'fw' } as const
const TABLE = { family: 'inet', name: 'sallyport' } as const
const ELEMENTS = 60_000
const DELETIONS: readonly number[] = [NFT_MSG.DELSETELEM, NFT_MSG.DESTROYSETELEM]
const [AF_NETLINK, SOL_SOCKET, SO_RCVBUFFORCE, SO_DOMAIN] = [16, 1, 33, 39]
const HOUR_MS = 3_600_000
const [TCP, UDP] = [6, 17]
const limits = { mostLeases: 131_072, leasesPerClient: 131_072, longestLeaseSeconds: 86_400, addressesPerName: 131_072 }

const addressOf = (n: number) => `151.${101 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`
/** A key of `allow4`: from the sandbox to a port. */
const keyOf = (n: number, port = 443, protocol = TCP) =>
  Uint8Array.of(10, 77, 0, 2, ...addressOf(n).split('.').map(Number), protocol, 0, 0, 0, port >> 8, port & 255, 0, 0)

interface Left {
  readonly comment: string
  readonly timeoutMs: number
}

/** What may wait to be read at netlink sockets of this process. */
function limitQueues(octets: number): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    const domain = Buffer.alloc(4)
    if (libc.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, domain, [4]) < 0 || domain[0] !== AF_NETLINK) continue
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, new Uint8Array(new Int32Array([octets]).buffer), 4)
  }
}

/** An updater has gone, and left these elements. */
async function leave(t: TestContext, rig: Rig, elements: number, left: (n: number) => Left): Promise<Nftables> {
  const nftables = openNftables()
  t.after(() => nftables.close())
  await rig.updater.close()
  const transaction = nftables.begin()
  for (let n = 0; n < elements; n++) transaction.addElement(TABLE, 'allow4', { key: keyOf(n), ...left(n) })
  nftables.commit(transaction)
  return nftables
}

/** Names that the zone files allow are left; another updater has begun to read them, and answers whom it has admitted. */
async function startAgain(t: TestContext) {
  const rig = await startRig(t, { zone: '*.kept.example\n', limits })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const updater = await rig.restart()
  return { nftables, updater, peer: await rig.connect() }
}

function lookUp(nftables: Nftables, ...numbers: readonly number[]) {
  return nftables.lookUp(
    TABLE,
    'allow4',
    numbers.map((n) => keyOf(n)),
  )
}

test('beside 60,000 elements a restarted updater opens names at once; what was taken back meanwhile is closed, and nothing else', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\n*.gone.example\n', limits })
  const left = (n: number): Left => ({ comment: n % 4 === 0 ? `n${n}.gone.example` : `n${n}.kept.example`, timeoutMs: HOUR_MS })
  const nftables = await leave(t, rig, ELEMENTS, left)
  rig.writeZone('*.kept.example\n')
  const updater = await rig.restart()
  const peer = await rig.connect()
  const replies = await peer.open(
    { name: 'new.kept.example' },
    { name: 'other.kept.example', addresses: [addressOf(ELEMENTS - 1), addressOf(ELEMENTS - 4)] },
  )
  assert.ok(updater.status().leaseCount < ELEMENTS / 2, 'most is still to be read')
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['open', 'open'],
  )
  const [shared, reopened] = lookUp(nftables, ELEMENTS - 1, ELEMENTS - 4)
  assert.equal(shared?.comment, `n${ELEMENTS - 1}.kept.example other.kept.example`)
  assert.ok(shared.expiresMs! > HOUR_MS - 60_000, 'a shorter lease shortens none that has not been read')
  assert.equal(reopened?.comment, 'other.kept.example')
  // One for each element that is kept, and three of now.
  const leases = (ELEMENTS * 3) / 4 + 3
  await eventually('all is taken over', () => updater.status().leaseCount === leases, 60_000)
  const kept = Array.from({ length: ELEMENTS }, (_, n) => n).filter((n) => n % 4 !== 0)
  assert.equal(lookUp(nftables, ...kept).length, kept.length)
  const gone = Array.from({ length: ELEMENTS / 4 }, (_, n) => 4 * n)
  await eventually('what nobody may have open is closed', () => lookUp(nftables, ...gone).length === 1, 60_000)
  assert.deepEqual(
    lookUp(nftables, ...gone).map(({ comment }) => comment),
    ['other.kept.example'],
  )
})

test('a policy that changes while elements are still being read is in force at once, and closes what is still to be read when it is', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\n*.gone.example\n', limits })
  const left = (n: number): Left => ({ comment: n % 4 === 0 ? `n${n}.gone.example` : `n${n}.kept.example`, timeoutMs: HOUR_MS })
  const nftables = await leave(t, rig, ELEMENTS, left)
  const updater = await rig.restart()
  const peer = await rig.connect()
  await peer.open({ name: 'new.gone.example', addresses: [addressOf(ELEMENTS)] })
  rig.writeZone('*.kept.example\n')
  await updater.reload()
  assert.ok(updater.status().leaseCount < (ELEMENTS * 3) / 4, 'some is still to be read')
  assert.deepEqual(lookUp(nftables, ELEMENTS), [], 'what is known is closed')
  await eventually('all is taken over', () => updater.status().leaseCount === (ELEMENTS * 3) / 4, 60_000)
  const gone = Array.from({ length: ELEMENTS / 4 }, (_, n) => 4 * n)
  await eventually('what nobody may have open is closed', () => lookUp(nftables, ...gone).length === 0, 60_000)
  assert.equal(lookUp(nftables, 1, ELEMENTS - 1).length, 2)
})

test('a port that a name is given while elements are still being read ends for nobody who has it open for longer', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\nother.example 8443\nsome.example 443\n', limits })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const shared = Array.from({ length: 64 }, (_, n) => n)
  const transaction = nftables.begin()
  for (const n of shared) transaction.addElement(TABLE, 'allow4', { key: keyOf(n, 8443), comment: 'other.example', timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  const updater = await rig.restart()
  const peer = await rig.connect()
  await peer.open({ name: 'some.example', addresses: shared.map(addressOf) })
  rig.writeZone('*.kept.example\nother.example 8443\nsome.example 443 8443\n')
  await updater.reload()
  assert.ok(updater.status().leaseCount < ELEMENTS, 'some is still to be read')
  const found = nftables.lookUp(
    TABLE,
    'allow4',
    shared.map((n) => keyOf(n, 8443)),
  )
  assert.deepEqual(
    found.map(({ expiresMs, comment }) => [comment!.split(' ').sort().join(' '), expiresMs! > HOUR_MS - 60_000]),
    shared.map(() => ['other.example some.example', true]),
  )
})

test('of a client that leaves while elements are still being read nothing is left to whoever has its address next', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\n', limits })
  const guest = (n: number) => Uint8Array.of(10, 77, 0, 9, ...keyOf(n).subarray(4))
  await rig.updater.clients.put('guest', { addresses: '10.77.0.9', zones: 'guest.example\n' })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const transaction = nftables.begin()
  const theirs = Array.from({ length: 256 }, (_, n) => guest(n))
  for (const key of theirs) transaction.addElement(TABLE, 'allow4', { key, comment: 'guest.example', timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  const updater = await rig.restart()
  const { revision } = updater
  const removal = updater.clients.remove('guest')
  await eventually('the guest has left', () => updater.revision !== revision)
  void updater.clients.put('next', { addresses: '10.77.0.9', zones: 'guest.example\n' })
  await eventually('another has joined', () => updater.clients.list().some(({ name }) => name === 'next'))
  assert.ok(updater.status().leaseCount < ELEMENTS / 2, 'most is still to be read')
  await removal
  assert.deepEqual(nftables.lookUp(TABLE, 'allow4', theirs), [], 'whoever is told that the guest has left may have its address')
  assert.equal(updater.status().leaseCount, ELEMENTS)
})

test('addresses that are closed because a name has too many are not taken over again', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\n', limits: { ...limits, addressesPerName: 64 } })
  const comment = (n: number) => (n < 64 ? 'wide.kept.example' : `n${n}.kept.example`)
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: comment(n), timeoutMs: HOUR_MS }))
  const updater = await rig.restart()
  const peer = await rig.connect()
  const [before, next] = [Array.from({ length: 64 }, (_, n) => n), Array.from({ length: 64 }, (_, n) => ELEMENTS + n)]
  await peer.open({ name: 'wide.kept.example', addresses: before.map(addressOf) })
  await peer.open({ name: 'wide.kept.example', addresses: next.map(addressOf) })
  assert.deepEqual(lookUp(nftables, ...before), [])
  assert.ok(updater.status().leaseCount < ELEMENTS / 2, 'most is still to be read')
  await eventually('all is taken over', () => updater.status().leaseCount === ELEMENTS, 60_000)
  assert.deepEqual(lookUp(nftables, ...before), [])
  assert.equal(lookUp(nftables, ...next).length, 64)
})

test('a name that loses its range of ports for another port while elements are still being read keeps its lease', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\nranged.example tcp/8000-8100\n', limits })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const ranged = Array.from({ length: 64 }, (_, n) => ELEMENTS + n)
  const transaction = nftables.begin()
  for (const n of ranged) {
    transaction.addElement(TABLE, 'tcp_8000_8100_v4', { key: keyOf(n).subarray(0, 8), comment: 'ranged.example', timeoutMs: HOUR_MS })
  }
  nftables.commit(transaction)
  const updater = await rig.restart()
  rig.writeZone('*.kept.example\nranged.example\n')
  await updater.reload()
  assert.ok(updater.status().leaseCount < ELEMENTS, 'some is still to be read')
  await eventually('all is taken over', () => updater.status().leaseCount === ELEMENTS + ranged.length, 60_000)
  assert.equal(lookUp(nftables, ...ranged).length, ranged.length)
  await eventually('the range is closed', () => !nftables.sets(TABLE).some(({ name }) => name === 'tcp_8000_8100_v4'), 60_000)
})

test('beside many elements names are opened at once by an updater whose zone files have lost a range of ports, which closes with its lease', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\nranged.example tcp/8000-8100\n', limits })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const transaction = nftables.begin()
  transaction.addElement(TABLE, 'tcp_8000_8100_v4', { key: keyOf(0).subarray(0, 8), comment: 'ranged.example', timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  rig.writeZone('*.kept.example\n')
  const updater = await rig.restart()
  const peer = await rig.connect()
  const [reply] = await peer.open({ name: 'new.kept.example', addresses: [addressOf(ELEMENTS)] })
  assert.equal(reply?.kind, 'open')
  assert.ok(updater.status().leaseCount < ELEMENTS / 2, 'most is still to be read')
  await eventually('all is taken over', () => updater.status().leaseCount === ELEMENTS + 1, 60_000)
  await eventually('the range is closed', () => !nftables.sets(TABLE).some(({ name }) => name === 'tcp_8000_8100_v4'), 60_000)
})

test('while elements end and others are opened none that is open is overlooked', async (t) => {
  const told: string[] = []
  const log: typeof SILENT = Object.assign(Object.create(SILENT), { info: (_fields: object, text: string) => void told.push(text) })
  const rig = await startRig(t, { zone: '*.kept.example\n', limits, log })
  const left = (n: number): Left => ({ comment: `n${n}.kept.example`, timeoutMs: n % 3 === 0 ? 1 + (n % 2_000) : HOUR_MS })
  await leave(t, rig, ELEMENTS, left)
  told.length = 0
  const updater = await rig.restart()
  const peer = await rig.connect()
  let opened = 0
  while (opened < 5_000) {
    await peer.open(
      ...Array.from({ length: 200 }, () => ({ name: 'new.kept.example', addresses: [`151.103.${opened >> 8}.${opened++ & 255}`] })),
    )
  }
  await eventually('all is taken over', () => told.includes('took over what the kernel holds'), 60_000)
  const known = () => updater.leases({ client: CLIENT, most: 1 }).count
  await eventually('what has ended is forgotten', () => known() <= (ELEMENTS * 2) / 3 + opened, 10_000)
  assert.equal(known(), (ELEMENTS * 2) / 3 + opened)
})

test('a table that somebody deletes while it is still being read is back, with what is known and open', async (t) => {
  const { nftables, updater, peer } = await startAgain(t)
  await peer.open({ name: 'new.kept.example', addresses: [addressOf(ELEMENTS)] })
  const transaction = nftables.begin()
  transaction.add(deleteTable(TABLE))
  nftables.commit(transaction)
  await eventually('the table is back', () => nftables.table('inet', 'sallyport') !== undefined && updater.status().enforced)
  assert.equal(lookUp(nftables, ELEMENTS).length, 1)
  assert.equal((await peer.open({ name: 'later.kept.example', addresses: [addressOf(ELEMENTS + 1)] }))[0]?.kind, 'open')
})

test('of a name with several ports, one of which another has open for longer, no port ends before its lease', async (t) => {
  const rig = await startRig(t, { zone: 'some.example 443 8443\nother.example\n', limits })
  // In whichever order they are read.
  const addresses = Array.from({ length: 16 }, (_, n) => n)
  const nftables = await leave(t, rig, addresses.length, () => ({ comment: 'some.example other.example', timeoutMs: HOUR_MS }))
  const transaction = nftables.begin()
  for (const n of addresses)
    transaction.addElement(TABLE, 'allow4', { key: keyOf(n, 8443), comment: 'some.example', timeoutMs: HOUR_MS / 30 })
  nftables.commit(transaction)
  await rig.restart()
  const peer = await rig.connect()
  const [reply] = await peer.open({ name: 'some.example', addresses: addresses.map(addressOf), ttlSeconds: 1_800 })
  assert.equal(reply?.kind, 'open')
  const left = nftables.lookUp(
    TABLE,
    'allow4',
    addresses.map((n) => keyOf(n, 8443)),
  )
  assert.deepEqual(
    left.map(({ expiresMs }) => expiresMs! >= 1_800_000),
    addresses.map(() => true),
  )
})

test('flows of what was closed before a crash end while elements are still being read, but for those that others among them allow', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\nother.example udp/443\n', limits })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const [kept, gone] = [Array.from({ length: 64 }, (_, n) => n), 64]
  const transaction = nftables.begin()
  for (const n of kept) transaction.addElement(TABLE, 'allow4', { key: keyOf(n, 443, UDP), comment: 'other.example', timeoutMs: HOUR_MS })
  for (const n of [...kept, gone]) transaction.addElement(TABLE, 'revoked4', { key: keyOf(n).subarray(0, 8), timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  addFlows(
    [...kept, gone].map((n) => ({ source: CLIENT, destination: addressOf(n), sourcePort: 1024 + n, destinationPort: 443 })),
    BEGUN_MARK,
  )
  const updater = await rig.restart()
  await eventually('the flow of what was closed has ended', () => updater.status().counters.endedFlows > 0)
  assert.ok(updater.status().leaseCount < ELEMENTS, 'some is still to be read')
  await eventually('all is taken over', () => updater.status().leaseCount === ELEMENTS + kept.length, 60_000)
  assert.equal(updater.status().counters.endedFlows, 1)
})

test('of a mirror set, whose elements tell no client, none is closed because who has it open is still to be read', async (t) => {
  nft('add table inet fw\nadd set inet fw allowed4 { type ipv4_addr; flags timeout; }')
  const mirror = [{ family: 'inet', table: 'fw', set: 'allowed4' }] as const
  const rig = await startRig(t, { zone: '*.kept.example\nother.example 8443\n', limits, firewall: { mirror } })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const shared = Array.from({ length: 64 }, (_, n) => n)
  const transaction = nftables.begin()
  for (const n of shared) {
    transaction.addElement(FW, 'allowed4', { key: keyOf(n).slice(4, 8), comment: `sallyport: n${n}.kept.example`, timeoutMs: HOUR_MS })
  }
  nftables.commit(transaction)
  const updater = await rig.restart()
  const peer = await rig.connect()
  const watch = new NetlinkSocket(NETLINK.NETFILTER)
  t.after(() => watch.close())
  watch.join(NFNLGRP_NFTABLES)
  await peer.open({ name: 'other.example', addresses: shared.map(addressOf) })
  rig.writeZone('*.kept.example\n')
  await updater.reload()
  const deletions = watch.poll().filter(({ type, body }) => DELETIONS.includes(type & 255) && body.includes('allowed4'))
  const deleted = new Set(deletions.flatMap(({ body }) => readElements(body)).map(({ key }) => key.join('.')))
  const closed = shared.filter((n) => deleted.has(addressOf(n)))
  assert.ok(updater.status().leaseCount < ELEMENTS / 2, 'most is still to be read')
  // To give an element that has been read another comment it is replaced.
  assert.ok(closed.length < shared.length / 2, `${closed.length} were closed`)
  await eventually('all is taken over', () => updater.status().leaseCount === ELEMENTS, 60_000)
  const left = nftables.lookUp(
    FW,
    'allowed4',
    shared.map((n) => keyOf(n).slice(4, 8)),
  )
  assert.deepEqual(
    left.map(({ expiresMs }) => expiresMs! > HOUR_MS - 60_000),
    shared.map(() => true),
  )
})

test('replies of the kernel that find no room, and are lost, are an error of that request, and nothing is taken for missing', async (t) => {
  const { nftables, updater, peer } = await startAgain(t)
  const addresses = Array.from({ length: 256 }, (_, n) => addressOf(n))
  limitQueues(1)
  const [lost] = await peer.open({ name: 'new.kept.example', addresses })
  limitQueues(16 * 1024 * 1024)
  assert.equal(lost?.kind === 'refused' && lost.reason, 'kernel')
  await eventually('the updater is in step', () => updater.status().enforced, 60_000)
  const [reply] = await peer.open({ name: 'new.kept.example', addresses })
  assert.equal(reply?.kind, 'open')
  const left = nftables.lookUp(
    TABLE,
    'allow4',
    addresses.map((_, n) => keyOf(n)),
  )
  assert.deepEqual(
    left.map(({ expiresMs }) => expiresMs! > HOUR_MS - 60_000),
    addresses.map(() => true),
  )
})

test('a port whose time is over while much is still to be read is a new generation, for the name keeps its lease by another', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\nbrief.example 443\nbrief.example 8443 until=2027-03-01\n', limits })
  await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  const updater = await rig.restart()
  const peer = await rig.connect()
  const [reply] = await peer.open({ name: 'brief.example', addresses: ['192.0.2.1'] })
  assert.equal(reply?.kind, 'open')
  const { generation } = peer
  assert.ok(updater.status().leaseCount < ELEMENTS / 2, 'most is still to be read')
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2027, 2, 2) })
  await eventually('the news', () => peer.generation !== generation, 60_000)
  assert.ok(updater.status().leaseCount < ELEMENTS, 'some is still to be read')
})

test('beside 60,000 elements what somebody changes is mended while names are opened, and whoever needs what is missing has it at once', async (t) => {
  const told: string[] = []
  const tell = (_fields: object | string, text?: string) => void told.push(text ?? String(_fields))
  const log: typeof SILENT = Object.assign(Object.create(SILENT), { info: tell, warn: tell })
  const rig = await startRig(t, { zone: '*.kept.example\n', limits, log })
  const nftables = await leave(t, rig, ELEMENTS, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  told.length = 0
  await rig.restart()
  const peer = await rig.connect()
  await eventually('all is taken over', () => told.includes('took over what the kernel holds'), 60_000)
  const missing = Array.from({ length: 256 }, (_, n) => n)
  const { generation } = peer
  const transaction = nftables.begin()
  for (const n of missing) transaction.deleteElement(TABLE, 'allow4', keyOf(n))
  transaction.addElement(TABLE, 'allow4', { key: keyOf(ELEMENTS), comment: 'n.kept.example', timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  await eventually('it is noticed', () => told.some((text) => text.includes('restoring')))
  await eventually('whoever has asked before is to ask again', () => peer.generation !== generation)
  const replies = await peer.open(...missing.map((n) => ({ name: `n${n}.kept.example`, addresses: [addressOf(n)] })))
  assert.ok(replies.every(({ kind }) => kind === 'open'))
  assert.equal(lookUp(nftables, ...missing).length, missing.length, 'what is said to be open is')
  assert.equal(lookUp(nftables, ELEMENTS).length, 1, 'there is still some to be compared')
  await eventually('what nobody has opened is closed', () => lookUp(nftables, ELEMENTS).length === 0, 60_000)
})

test('what somebody takes away while elements are still being read is back before all has been', async (t) => {
  const { nftables, updater, peer } = await startAgain(t)
  await peer.open({ name: 'new.kept.example', addresses: [addressOf(ELEMENTS)] })
  const transaction = nftables.begin()
  transaction.deleteElement(TABLE, 'allow4', keyOf(ELEMENTS))
  nftables.commit(transaction)
  await eventually('it is back', () => lookUp(nftables, ELEMENTS).length === 1)
  assert.ok(updater.status().leaseCount < ELEMENTS, 'some is still to be read')
  await eventually('all is taken over', () => updater.status().leaseCount === ELEMENTS + 1, 60_000)
})

test('what is taken back while a set is full of what is none of ours is closed before that has been found, and then there is room', async (t) => {
  const told: string[] = []
  const tell = (_fields: object | string, text?: string) => void told.push(text ?? String(_fields))
  const log: typeof SILENT = Object.assign(Object.create(SILENT), { info: tell, warn: tell })
  const zone = '*.kept.example\nwider.example\n'
  const rig = await startRig(t, { zone: `${zone}gone.example\n`, limits: { ...limits, mostLeases: 65_536 }, log })
  const nftables = await leave(t, rig, 56_000, (n) => ({ comment: `n${n}.kept.example`, timeoutMs: HOUR_MS }))
  told.length = 0
  const updater = await rig.restart()
  await eventually('all is taken over', () => told.includes('took over what the kernel holds'), 60_000)
  const peer = await rig.connect()
  const replies = await peer.open(
    { name: 'gone.example', addresses: [addressOf(56_000)] },
    { name: 'wider.example', addresses: [addressOf(56_001)] },
  )
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['open', 'open'],
  )
  const strays = Array.from({ length: 65_536 - 56_002 }, (_, n) => 56_002 + n)
  const transaction = nftables.begin()
  for (const n of strays) transaction.addElement(TABLE, 'allow4', { key: keyOf(n), comment: 'n.kept.example', timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  rig.writeZone(zone.replace('wider.example', 'wider.example 443 8443 8444'))
  await updater.reload()
  assert.equal(updater.status().enforced, false, 'the kernel refuses the change')
  await eventually('it takes the rest', () => told.includes('the kernel is in step again'), 60_000)
  assert.deepEqual(lookUp(nftables, 56_000), [], 'what is taken back is closed')
  const wider = () => nftables.lookUp(TABLE, 'allow4', [keyOf(56_001, 8443)])
  await eventually('what is given is open', () => wider().length === 1, 60_000)
  await eventually('what is none of ours is closed', () => lookUp(nftables, ...strays).length === 0, 60_000)
  await eventually('the kernel is in step', () => updater.status().enforced, 60_000)
})

test('of many elements that somebody adds none is overlooked as the set shrinks', async (t) => {
  const rig = await startRig(t, { zone: '*.kept.example\n', limits })
  const nftables = openNftables()
  t.after(() => nftables.close())
  const peer = await rig.connect()
  await peer.open({ name: 'n.kept.example', addresses: [addressOf(ELEMENTS)] })
  const strays = Array.from({ length: 16_384 }, (_, n) => n)
  const transaction = nftables.begin()
  for (const n of strays) transaction.addElement(TABLE, 'allow4', { key: keyOf(n), comment: 'n.kept.example', timeoutMs: HOUR_MS })
  nftables.commit(transaction)
  await eventually('they are closed', () => lookUp(nftables, ...strays).length === 0, 60_000)
  assert.equal(lookUp(nftables, ELEMENTS).length, 1)
})
