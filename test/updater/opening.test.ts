// An address is open once the kernel has acknowledged it, and never longer or shorter than the policy and the leases say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enterPrivateNamespace } from '../support/netns.ts'
import { CLIENT, listSet, nft, startRig } from './rig.ts'

enterPrivateNamespace()

const keysOf = (set?: string) =>
  listSet(set)
    .map(({ key }) => key)
    .sort()
const kindsOf = (replies: readonly { readonly kind: string }[]) => replies.map(({ kind }) => kind)

test('what is acknowledged as open is in the kernel, with the ports of the policy and the names in its comment', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org 443 22\n*.example.net udp/53 tcp/8000-8100\nany.example any\n' })
  const peer = await connect()
  const replies = await peer.open(
    { addresses: ['192.0.2.1', '2001:db8::1'] },
    { name: 'a.example.net', addresses: ['192.0.2.2'] },
    { name: 'any.example', addresses: ['192.0.2.3'] },
  )
  assert.deepEqual(kindsOf(replies), ['open', 'open', 'open'])
  assert.deepEqual(keysOf(), [`${CLIENT} . 192.0.2.1 . 6 . 22`, `${CLIENT} . 192.0.2.1 . 6 . 443`, `${CLIENT} . 192.0.2.2 . 17 . 53`])
  assert.deepEqual(keysOf('inet sallyport allow6'), ['fd77::2 . 2001:db8::1 . 6 . 22', 'fd77::2 . 2001:db8::1 . 6 . 443'])
  assert.deepEqual(keysOf('inet sallyport any4'), [`${CLIENT} . 192.0.2.3`])
  assert.deepEqual(keysOf('inet sallyport tcp_8000_8100_v4'), [`${CLIENT} . 192.0.2.2`])
  assert.equal(listSet()[0]!.comment?.includes('example.'), true)
})

test('a lease is the TTL and a minute, two minutes at least, and no longer than the settings allow', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org\n', limits: { longestLeaseSeconds: 400 } })
  const peer = await connect()
  const leaseOf = async (address: string, ttlSeconds: number) => {
    const [reply] = await peer.open({ addresses: [address], ttlSeconds })
    assert.equal(reply?.kind, 'open')
    const expires = listSet().find(({ key }) => key.includes(` ${address} `))?.expires
    assert.ok(Math.abs(expires! - reply.leaseSeconds) <= 1, `${expires} s in the kernel, ${reply.leaseSeconds} s promised`)
    return reply.leaseSeconds
  }
  assert.equal(await leaseOf('192.0.2.1', 0), 120)
  assert.equal(await leaseOf('192.0.2.2', 300), 360)
  assert.equal(await leaseOf('192.0.2.3', 3000), 400)
})

test('asking again with a longer TTL extends the lease, with a shorter one never shortens it', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  await peer.open({ ttlSeconds: 100 })
  await peer.open({ ttlSeconds: 600 })
  assert.ok(listSet()[0]!.expires! >= 658)
  await peer.open({ ttlSeconds: 5 })
  assert.ok(listSet()[0]!.expires! >= 657)
})

test('a second name on an address joins the comment, and its shorter TTL shortens nothing', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org\nexample.net\n' })
  const peer = await connect()
  await peer.open({ ttlSeconds: 600 })
  await peer.open({ name: 'example.net', ttlSeconds: 5 })
  const [element] = listSet()
  assert.equal(element?.comment, 'example.org example.net')
  assert.ok(element.expires! >= 657)
})

test('what the policy forbids is refused, counted, and opens nothing', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n!192.0.2.66\n', neverOpen: ['198.51.100.0/24'] })
  const peer = await connect()
  const replies = await peer.open(
    { revision: '0123456789abcdef' },
    { name: 'example.com' },
    { addresses: ['192.0.2.1', '10.0.0.1'] },
    { addresses: ['169.254.169.254'] },
    { addresses: ['::ffff:127.0.0.1'] },
    { addresses: ['192.0.2.66'] },
    { addresses: ['198.51.100.7'] },
    { client: '10.77.0.3', addresses: ['2001:db8::1'] },
  )
  const reasons = replies.map((reply) => (reply.kind === 'refused' ? reply.reason : 'open'))
  assert.deepEqual(reasons, ['revision', 'policy', 'address', 'address', 'address', 'address', 'address', 'address'])
  assert.deepEqual([...listSet(), ...listSet('inet sallyport allow6')], [])
  assert.deepEqual(updater.status().counters.refused, { revision: 1, policy: 1, address: 6, limit: 0, kernel: 0 })
})

test('an entry marked private opens a special-purpose address', async (t) => {
  const { connect } = await startRig(t, { zone: 'db.example tcp/5432 private\n' })
  const peer = await connect()
  assert.deepEqual(kindsOf(await peer.open({ name: 'db.example', addresses: ['10.0.0.1'] })), ['open'])
  assert.deepEqual(keysOf(), [`${CLIENT} . 10.0.0.1 . 6 . 5432`])
})

test('a full set refuses the culprits alone, and the others of the same batch are open', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org 443 22\nexample.net 443\n', limits: { mostLeases: 4 } })
  const peer = await connect()
  const replies = await peer.open(
    { addresses: ['192.0.2.1'] },
    { addresses: ['192.0.2.2', '192.0.2.3'] },
    { name: 'example.net', addresses: ['192.0.2.4'] },
  )
  assert.deepEqual(
    replies.map((reply) => (reply.kind === 'refused' ? reply.reason : 'open')),
    ['open', 'limit', 'open'],
  )
  assert.deepEqual(keysOf(), [`${CLIENT} . 192.0.2.1 . 6 . 22`, `${CLIENT} . 192.0.2.1 . 6 . 443`, `${CLIENT} . 192.0.2.4 . 6 . 443`])
})

test('a mirror set that is missing refuses with its name; once made, it is filled, with what was open already', async (t) => {
  const { connect, updater } = await startRig(t, {
    zone: 'example.org\n',
    firewall: { mirror: [{ family: 'inet', table: 'fw', set: 'allowed4' }] },
  })
  const peer = await connect()
  const [refused] = await peer.open({})
  assert.equal(refused?.kind === 'refused' && refused.reason, 'kernel')
  assert.match(refused?.kind === 'refused' ? refused.message : '', /inet fw allowed4 does not exist/)
  assert.match(updater.status().obstacle ?? '', /allowed4/)
  nft('add table inet fw\nadd set inet fw allowed4 { type ipv4_addr; flags timeout; }')
  assert.deepEqual(kindsOf(await peer.open({ ttlSeconds: 300 })), ['open'])
  const [element] = listSet('inet fw allowed4')
  assert.equal(element?.key, '192.0.2.1')
  assert.ok(element.expires! > 350)
})
