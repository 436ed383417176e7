// Guards: the routing lock where the table has no owner, and the one client of a guarded namespace.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { listSet, nft, startRig } from './rig.ts'

enterPrivateNamespace()

const ip = (...words: readonly string[]): string => execFileSync('ip', words, { encoding: 'utf8' })
const lockedOf = (family: '-4' | '-6') => [...new Set([...ip(family, 'rule').matchAll(/iif (\S+)/g)].map(([, name]) => name))].sort()

test('without the owner flag guarded interfaces are locked in both families, those that appear later too, and stay so', async (t) => {
  ip('link', 'add', 'veth1', 'type', 'veth', 'peer', 'name', 'other1')
  t.after(() => ['veth1', 'veth2'].map((link) => ip('link', 'del', link)))
  const { updater } = await startRig(t, { zone: 'example.org\n', firewall: { interfaces: ['veth*', 'br-later'] } })
  assert.equal(updater.status().protection, 'lock')
  assert.deepEqual(
    [lockedOf('-4'), lockedOf('-6')],
    [
      ['br-later', 'veth1'],
      ['br-later', 'veth1'],
    ],
  )
  ip('link', 'add', 'veth2', 'type', 'veth', 'peer', 'name', 'other2')
  await eventually('the later interface is locked', () => lockedOf('-4').includes('veth2') && lockedOf('-6').includes('veth2'), 1000)
  await updater.close()
  assert.deepEqual(lockedOf('-4'), ['br-later', 'veth1', 'veth2'])
})

test('once the table has an owner, a lock left by an earlier start would be a closed door: it goes', async (t) => {
  const { restart } = await startRig(t, { zone: 'example.org\n', firewall: { interfaces: ['br-later'] } })
  assert.deepEqual(lockedOf('-4'), ['br-later'])
  const updater = await restart({ firewall: { ownerFlag: 'auto' } })
  assert.deepEqual(lockedOf('-4'), updater.status().protection === 'owner' ? [] : ['br-later'])
})

test('in the moment in which somebody has deleted the table nothing is recorded, and what asks for records goes on', async (t) => {
  const { updater } = await startRig(t, { zone: 'example.org\n' })
  execFileSync('nft', ['delete', 'table', 'inet', 'sallyport'])
  assert.deepEqual((await updater.contacts()).contacts, [])
  await eventually('the table is back', () => execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).includes('inet sallyport'))
})

test('under guard output elements carry no client, and any source of the namespace may ask', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org 443 8000-8100\n', firewall: { guard: 'output', resolverUid: 4242 } })
  const peer = await connect()
  const replies = await peer.open({ client: '127.0.0.1' }, { client: '::1' }, { client: '10.9.9.9', addresses: ['2001:db8::1'] })
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['open', 'open', 'open'],
  )
  assert.deepEqual(
    listSet().map(({ key }) => key),
    ['192.0.2.1 . 6 . 443'],
  )
  assert.deepEqual(
    listSet('inet sallyport allow6').map(({ key }) => key),
    ['2001:db8::1 . 6 . 443'],
  )
  assert.deepEqual(
    listSet('inet sallyport tcp_8000_8100_v4').map(({ key }) => key),
    ['192.0.2.1'],
  )
  assert.deepEqual(
    updater
      .leases({ most: 99 })
      .leases.map(({ client }) => client)
      .sort(),
    ['10.9.9.9', '127.0.0.1', '::1'],
  )
})

/** The kernel numbers rules anew when they are written anew. */
const rulesOf = () => nft('list table inet sallyport\n', '-a').match(/(?<=handle )\d+$/gm)

test('a change of names leaves the rules as they are, one of addresses does not; what somebody else took away comes back with either', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'example.org\nb.example\n' })
  const peer = await connect()
  await peer.open({ name: 'b.example' })
  const rules = rulesOf()
  writeZone('example.org\nb.example\nc.example\n')
  await peer.nextRevision()
  await peer.open({ name: 'c.example', addresses: ['192.0.2.3'] })
  assert.deepEqual(rulesOf(), rules)
  assert.equal(listSet().length, 2)
  writeZone('example.org\nb.example\nc.example\n203.0.113.9 443\n')
  await peer.nextRevision()
  assert.notDeepEqual(rulesOf(), rules)
  assert.deepEqual([listSet().length, listSet('inet sallyport static4').length], [2, 1])
  writeZone('example.org\nc.example\n')
  await peer.nextRevision()
  assert.deepEqual([listSet().map(({ key }) => key), listSet('inet sallyport static4')], [['10.77.0.2 . 192.0.2.3 . 6 . 443'], []])
  const count = rulesOf()?.length
  nft('flush chain inet sallyport forward\n')
  writeZone('example.org\nc.example\nd.example\n')
  await peer.nextRevision()
  await eventually('the rules are back', () => rulesOf()?.length === count, 2_000)
})

test('a client that joins or leaves and a name that is taken back leave the rules as they are', async (t) => {
  const { connect, updater, writeZone } = await startRig(t, { zone: 'example.org\nb.example\n' })
  const peer = await connect()
  await peer.open({ name: 'b.example' })
  const [rules, named] = [rulesOf(), namedOf()]
  assert.deepEqual(named, ['10.77.0.2'])
  await updater.clients.put('reviewer-9', { addresses: '10.77.9.2' })
  assert.deepEqual(namedOf(), ['10.77.0.2', '10.77.9.2'])
  writeZone('example.org\n')
  await eventually('what is taken back is closed', () => listSet().length === 0, 1_000)
  await updater.clients.remove('reviewer-9')
  assert.deepEqual(namedOf(), named)
  assert.deepEqual(rulesOf(), rules)
})

const namedOf = () =>
  listSet('inet sallyport named4')
    .map(({ key }) => key)
    .sort()

test('for a table that is ours alone the kernel tells nobody of each element that we write; without an owner we listen', async (t) => {
  const { restart } = await startRig(t, { zone: 'example.org\n' })
  assert.equal(listeners(), 1)
  const updater = await restart({ firewall: { ownerFlag: 'auto' } })
  if (updater.status().protection !== 'owner') return
  await eventually('nobody listens', () => listeners() === 0, 1_000)
})

/** Sockets of netfilter's netlink, 12, that have joined the group of nf_tables' changes, the seventh (proc_pid_net(5): Eth, Pid, Groups). */
function listeners(): number {
  const rows = readFileSync('/proc/self/net/netlink', 'utf8').split('\n').slice(1)
  const sockets = rows.map((row) => row.trim().split(/\s+/))
  return sockets.filter(([, protocol, , groups]) => protocol === '12' && (Number.parseInt(groups!, 16) & 0x40) !== 0).length
}

test('the gateway itself needs no elements: its requests are granted and open nothing', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  assert.deepEqual(
    (await peer.open({ client: '127.0.0.1' })).map(({ kind }) => kind),
    ['open'],
  )
  assert.deepEqual(listSet(), [])
})
