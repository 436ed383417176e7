// From one policy to the next: the updater waits for the resolver, but not for long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAnswering, encodeReady } from '../../src/leases/protocol.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, listSet, type Peer, startRig } from './rig.ts'

enterPrivateNamespace()

const FORWARD = { guard: 'forward', interfaces: ['sbx*'] } as const
/** What a promise names: what is taken back is closed within a second. */
const DEADLINE_MS = 1000

function addresses(): readonly string[] {
  return listSet().map(({ key }) => key.split(' . ')[1]!)
}

function announcedBy({ heard }: Peer): Promise<string> {
  return eventually('the next revision', () => heard.findLast((message) => message.kind === 'next')?.revision)
}

test('until the resolver is ready for the next policy the one of before stands, and what is opened meanwhile is closed with the rest', async (t) => {
  const { connect, writeZone, updater } = await startRig(t, { zone: 'gone.example\nkept.example\n', firewall: FORWARD })
  const peer = await connect()
  const { revision: before, generation } = peer
  peer.send(encodeAnswering(before))
  await peer.open({ name: 'gone.example', addresses: ['192.0.2.1'] })
  writeZone('kept.example\n')
  const next = await announcedBy(peer)
  const replies = await peer.open({ name: 'gone.example', addresses: ['192.0.2.2'] }, { name: 'kept.example', addresses: ['192.0.2.3'] })
  assert.deepEqual([replies.map(({ kind }) => kind), updater.revision], [['open', 'open'], before])
  assert.deepEqual(addresses(), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  peer.send(encodeReady(next))
  assert.equal(await peer.nextRevision(), next)
  assert.notEqual(peer.generation, generation)
  assert.deepEqual(addresses(), ['192.0.2.3'])
  assert.equal(updater.status().counters.refused.revision, 0)
})

test('a resolver that hangs keeps nothing open: what is taken back is closed within a second', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'gone.example\n', firewall: FORWARD })
  const peer = await connect()
  peer.send(encodeAnswering(peer.revision))
  await peer.open({ name: 'gone.example', client: CLIENT })
  writeZone('kept.example\n')
  await announcedBy(peer)
  await eventually('the address is closed', () => listSet().length === 0, DEADLINE_MS)
})

test('a resolver that is ready for what the updater does not know makes it look at the zone files; for what is in force it does not', async (t) => {
  const { connect, updater } = await startRig(t, { zone: 'example.org\n' })
  const { at } = updater.status().reload
  const looks = () => updater.status().reloads.loaded
  const before = looks()
  const peer = await connect()
  peer.send(encodeReady('0123456789abcdef'))
  await eventually('another look', () => updater.status().reload.at > at)
  peer.send(encodeReady(updater.revision))
  peer.send(encodeReady('fedcba9876543210'))
  await eventually('one look more', () => looks() === before + 2)
})
