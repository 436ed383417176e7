// Every bound fails those alone who reach it, is counted, and costs nobody else time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { enterPrivateNamespace } from '../support/netns.ts'
import { watchTurns } from '../support/turn.ts'
import { eventually } from '../support/wait.ts'
import { listSet, startRig } from './rig.ts'

enterPrivateNamespace()

const addresses = (count: number, net: string) => Array.from({ length: count }, (_, n) => `${net}.${n >> 8}.${n & 255}`)
const outcomes = (replies: readonly { readonly kind: string; readonly reason?: string; readonly message?: string }[]) =>
  replies.map(({ kind, reason, message }) => [kind, reason, message].filter(Boolean).join(': '))

test('a client that has all the leases it may is refused more, by name, while another in the same batch is served', async (t) => {
  const { connect, updater } = await startRig(t, { zone: '*.example\n', limits: { leasesPerClient: 3 } })
  const peer = await connect()
  await peer.open({ name: 'a.example', addresses: addresses(3, '192.1') })
  const replies = await peer.open(
    { name: 'b.example' },
    { name: 'b.example', client: '10.77.0.3' },
    { name: 'a.example', addresses: ['192.1.0.1'] },
  )
  assert.deepEqual(outcomes(replies), ['refused: limit: sandbox has 3 leases: the limit of one client', 'open', 'open'])
  assert.equal(updater.status().counters.refused.limit, 1)
})

test('beyond so many addresses of a name the longest unused closes in the kernel too', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n', limits: { addressesPerName: 256 } })
  const peer = await connect()
  await peer.open({ addresses: addresses(200, '192.1'), ttlSeconds: 100 })
  await peer.open({ addresses: addresses(200, '192.2'), ttlSeconds: 200 })
  const keys = listSet().map(({ key }) => key.split(' . ')[1]!)
  assert.deepEqual([keys.length, keys.filter((key) => key.startsWith('192.2.')).length], [256, 200])
  assert.equal(updater.status().counters.displaced, 144)
})

test('a client whose name leads to ever other addresses has no more leases for that: what made room lately counts as well', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n', limits: { addressesPerName: 256, leasesPerClient: 600 } })
  const peer = await connect()
  const replies = []
  for (const net of ['192.1', '192.2', '192.3', '192.4']) replies.push(...(await peer.open({ addresses: addresses(200, net) })))
  const why = 'sandbox has 256 leases, and lost 344 in the last minutes to newer addresses of their names: the limit of one client is 600'
  assert.deepEqual(outcomes(replies), ['open', 'open', 'open', `refused: limit: ${why}`])
  assert.deepEqual([updater.status().counters.displaced, listSet().length], [344, 256])
  assert.deepEqual(outcomes(await peer.open({ addresses: addresses(200, '192.3') }, { client: '10.77.0.3' })), ['open', 'open'])
})

test('a policy that opens more than there is room for closes what it takes back all the same, and opens the rest as room comes', async (t) => {
  const { connect, writeZone, updater } = await startRig(t, { zone: 'example.org 443\nexample.net 443\n', limits: { mostLeases: 4 } })
  const peer = await connect()
  await peer.open({ addresses: addresses(3, '192.1') }, { name: 'example.net', addresses: ['192.2.0.0'] })
  writeZone('example.org 443 8443\n')
  await peer.nextRevision()
  assert.deepEqual(
    listSet()
      .map(({ key }) => key.split(' . ').slice(1).join(' '))
      .sort(),
    ['192.1.0.0 6 443', '192.1.0.1 6 443', '192.1.0.2 6 443'],
  )
  const replies = await peer.open({ addresses: ['192.1.0.0'] }, { addresses: ['192.1.0.1'] })
  assert.deepEqual(outcomes(replies), ['open', 'refused: limit: the set is full'])
  assert.equal(listSet().length, 4)
  assert.ok(updater.status().enforced)
})

test('an address closes with the last name that has it, though one that has lost it would have had it longer', async (t) => {
  const limits = { addressesPerName: 2, leastTtlSeconds: 1, marginSeconds: 0 }
  const { connect } = await startRig(t, { zone: '*.example\n', limits })
  const peer = await connect()
  await peer.open({ name: 'other.example', ttlSeconds: 2 })
  for (const [index, address] of ['192.0.2.1', '192.0.2.2', '192.0.2.3'].entries()) {
    await peer.open({ name: 'a.example', addresses: [address], ttlSeconds: 600 + 100 * index })
  }
  assert.equal(listSet().length, 3)
  await eventually('only what a name has is open', () => listSet().length === 2)
})

test('while fifty thousand leases end in one second nobody waits, and all of them are gone soon after', async (t) => {
  const { connect, updater } = await startRig(t, {
    zone: '*.example\n',
    limits: { longestLeaseSeconds: 8, addressesPerName: 65_536 },
  })
  const peer = await connect()
  const start = performance.now()
  await peer.open(...Array.from({ length: 13 }, (_, n) => ({ name: `n${n}.example`, addresses: addresses(4000, `${140 + n}.9`) })))
  const count = updater.status().elements
  assert.equal(count, 52_000)
  await pause(7_500 - (performance.now() - start))
  const endWatch = watchTurns()
  await eventually(
    'all have ended',
    async () => {
      await peer.open({ name: 'other.example' })
      return updater.status().elements <= 1
    },
    8_000,
  )
  const { longestMs, togetherMs } = await endWatch()
  const found = `the longest turn took ${longestMs.toFixed(0)} of ${togetherMs.toFixed(0)} ms of processor time`
  t.diagnostic(found)
  // A tenth of them ends in one turn. Beside that, turns grow with how many end in them, and no faster.
  assert.ok(longestMs < togetherMs / 5, found)
  assert.ok(longestMs < 250, found)
  assert.ok(listSet().length <= 1)
})
