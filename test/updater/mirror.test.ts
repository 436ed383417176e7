// Other people's sets of plain addresses are filled before the answer and kept in step, and what is theirs is left alone.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FirewallOptions } from '../../src/updater/updater.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { listSet, nft, type Rig, startRig } from './rig.ts'

enterPrivateNamespace()

const FIREWALL = `
add table inet fw
add set inet fw allowed4 { type ipv4_addr; flags timeout; }
add table ip6 fw
add set ip6 fw allowed6 { type ipv6_addr; }
`

const MIRROR: Partial<FirewallOptions> = {
  guard: 'none',
  mirror: [
    { family: 'inet', table: 'fw', set: 'allowed4' },
    { family: 'ip6', table: 'fw', set: 'allowed6' },
  ],
}

const keysOf = (set: string) =>
  listSet(set)
    .map(({ key }) => key)
    .sort()
const ADDRESSES = ['192.0.2.1', '2001:db8::1']

async function startMirrored(t: TestContext, zone: string, firewall: Partial<FirewallOptions> = MIRROR): Promise<Rig> {
  nft(FIREWALL)
  return await startRig(t, { zone, firewall })
}

test('sets with and without timeouts are filled, each with its family, and no table of ours is made', async (t) => {
  const { connect } = await startMirrored(t, 'example.org\n')
  const peer = await connect()
  assert.deepEqual(
    (await peer.open({ addresses: ADDRESSES, client: '127.0.0.1' })).map(({ kind }) => kind),
    ['open'],
  )
  assert.deepEqual(keysOf('inet fw allowed4'), ['192.0.2.1'])
  assert.deepEqual(keysOf('ip6 fw allowed6'), ['2001:db8::1'])
  assert.ok(listSet('inet fw allowed4')[0]!.expires! >= 119)
  assert.equal(listSet('ip6 fw allowed6')[0]!.expires, undefined)
  assert.equal(listSet('inet fw allowed4')[0]!.comment, 'sallyport: example.org')
  assert.doesNotMatch(nft('list tables'), /sallyport$/m)
})

test('a name removed leaves both kinds of sets; what others have put there stays', async (t) => {
  const { connect, writeZone } = await startMirrored(t, 'example.org\n')
  nft('add element inet fw allowed4 { 198.51.100.1 }\nadd element ip6 fw allowed6 { 2001:db8::9 }')
  const peer = await connect()
  await peer.open({ addresses: ADDRESSES })
  writeZone('example.net\n')
  await peer.nextRevision()
  assert.deepEqual(keysOf('inet fw allowed4'), ['198.51.100.1'])
  assert.deepEqual(keysOf('ip6 fw allowed6'), ['2001:db8::9'])
})

test('in a set without timeouts an element is deleted when its lease ends', async (t) => {
  nft(FIREWALL)
  const { connect } = await startRig(t, { zone: 'example.org\n', firewall: MIRROR, limits: { longestLeaseSeconds: 1 } })
  const peer = await connect()
  await peer.open({ addresses: ADDRESSES })
  assert.deepEqual(keysOf('ip6 fw allowed6'), ['2001:db8::1'])
  await eventually('the element is gone', () => keysOf('ip6 fw allowed6').length === 0, 4000)
})

test('a firewall reload that empties the sets, or replaces them, is mended', async (t) => {
  const { connect } = await startMirrored(t, 'example.org\n')
  const peer = await connect()
  await peer.open({ addresses: ADDRESSES })
  const isFilled = () => keysOf('inet fw allowed4').length + keysOf('ip6 fw allowed6').length === 2
  nft('flush set inet fw allowed4\nflush set ip6 fw allowed6')
  await eventually('both sets are filled', isFilled, 1500)
  nft(`flush ruleset\n${FIREWALL}`)
  await eventually('both sets are filled', isFilled, 1500)
})

test('a restarted updater finds its elements by their comments', async (t) => {
  const { connect, restart, writeZone } = await startMirrored(t, 'example.org\nexample.net\n')
  const peer = await connect()
  await peer.open({ addresses: ADDRESSES }, { name: 'example.net', addresses: ['192.0.2.2', '2001:db8::2'] })
  writeZone('example.net\n')
  const updater = await restart()
  assert.deepEqual(keysOf('inet fw allowed4'), ['192.0.2.2'])
  assert.deepEqual(keysOf('ip6 fw allowed6'), ['2001:db8::2'])
  assert.deepEqual(
    updater.leases({ most: 99 }).leases.map(({ name }) => name),
    ['example.net', 'example.net'],
  )
})

test('an interval set, and one of something else than addresses, are refused by name', async (t) => {
  nft('add table inet fw\nadd set inet fw wide { type ipv4_addr; flags interval; }\nadd set inet fw ports { type inet_service; }')
  for (const [set, message] of [
    ['wide', /inet fw wide is an interval set/],
    ['ports', /inet fw ports is not a set of plain addresses/],
  ] as const) {
    const { updater } = await startRig(t, {
      zone: 'example.org\n',
      firewall: { guard: 'none', mirror: [{ family: 'inet', table: 'fw', set }] },
    })
    assert.match(updater.status().obstacle ?? '', message)
    await updater.close()
  }
})

test('under a guard a mirror set is filled beside our own', async (t) => {
  const { connect } = await startMirrored(t, 'example.org\n', { ...MIRROR, guard: 'forward' })
  const peer = await connect()
  await peer.open({ addresses: ADDRESSES })
  assert.equal(keysOf('inet sallyport allow4').length + keysOf('inet fw allowed4').length, 2)
})

test('under a guard a name removed leaves both sets', async (t) => {
  const { connect, updater, writeZone } = await startMirrored(t, 'example.org\nexample.net\n', { ...MIRROR, guard: 'forward' })
  const peer = await connect()
  await peer.open({ addresses: ['192.0.2.1'] }, { name: 'example.net', addresses: ['192.0.2.2'] })
  writeZone('example.org\n')
  await updater.reload()
  assert.equal(updater.status().enforced, true)
  assert.deepEqual([keysOf('inet sallyport allow4'), keysOf('inet fw allowed4')], [['10.77.0.2 . 192.0.2.1 . 6 . 443'], ['192.0.2.1']])
  assert.equal((await peer.open({ addresses: ['192.0.2.3'], revision: updater.revision }))[0]?.kind, 'open')
})

test('under a guard too a restarted updater keeps what is allowed in both sets, for as long, and takes the rest out of both', async (t) => {
  const { connect, restart, writeZone } = await startMirrored(t, 'example.org\nexample.net\n', { ...MIRROR, guard: 'forward' })
  const peer = await connect()
  await peer.open({ addresses: ADDRESSES, ttlSeconds: 600 }, { name: 'example.net', addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::2'] })
  writeZone('example.org\n')
  await restart()
  const [kept, ...others] = listSet('inet fw allowed4')
  assert.deepEqual([kept?.key, others], ['192.0.2.1', []])
  assert.ok(kept!.expires! > 650)
  assert.deepEqual(keysOf('ip6 fw allowed6'), ['2001:db8::1'])
  assert.deepEqual(
    listSet().map(({ key, comment }) => [key, comment]),
    [['10.77.0.2 . 192.0.2.1 . 6 . 443', 'example.org']],
  )
})
