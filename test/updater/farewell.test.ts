// Whoever leaves keeps nobody waiting, however much is recorded; and whoever has the address next begins at nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Contact } from '../../src/updater/updater.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { watchTurns } from '../support/turn.ts'
import { nft, startRig } from './rig.ts'

enterPrivateNamespace()

const LEAVERS = 8
const addressOf = (index: number) => `10.77.9.${index}`

/** As if somebody had scanned. */
function record(set: string, client: string, count: number, port = 443): void {
  const keys = Array.from({ length: count }, (_, n) => `${client} . 192.${n >> 16}.${(n >> 8) & 255}.${n & 255} . tcp . ${port}`)
  nft(`add element inet sallyport ${set} { ${keys.join(', ')} }`)
}

const clientsIn = (contacts: readonly Contact[]) =>
  Object.fromEntries(Object.entries(Object.groupBy(contacts, ({ client }) => client)).map(([client, of]) => [client, of!.length]))

test('what clients have done that are gone is told once more as theirs, and then nobody inherits it', async (t) => {
  const { updater } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('gone', { addresses: [addressOf(1)] })
  for (const set of ['begun4', 'refused4']) record(set, addressOf(1), 3)
  record('begun4', '10.77.0.2', 2)
  assert.deepEqual(clientsIn((await updater.contacts()).contacts), { gone: 6, sandbox: 2 })
  await updater.clients.remove('gone')
  await updater.clients.put('heir', { addresses: [addressOf(1)] })
  assert.deepEqual(clientsIn((await updater.contacts()).contacts), { gone: 6, sandbox: 2 })
  record('begun4', addressOf(1), 1, 80)
  const look = await updater.contacts()
  assert.deepEqual(clientsIn(look.contacts), { gone: 6, heir: 1, sandbox: 2 })
  await look.forgetDeparted()
  assert.deepEqual(clientsIn((await updater.contacts()).contacts), { heir: 1, sandbox: 2 })
  assert.deepEqual([updater.records('begun').length, updater.records('refused').length], [3, 0])
})

test('the records of whoever has an address within the prefix of one that leaves stay', async (t) => {
  const { updater } = await startRig(t, { zone: 'example.org\n' })
  await updater.clients.put('around', { addresses: ['10.77.8.0/24'] })
  await updater.clients.put('within', { addresses: ['10.77.8.2'] })
  record('begun4', '10.77.8.2', 1)
  record('begun4', '10.77.8.3', 1)
  await updater.clients.remove('around')
  const look = await updater.contacts()
  await look.forgetDeparted()
  assert.deepEqual(clientsIn((await updater.contacts()).contacts), { within: 1 })
})

test('with full sets several leave in turns that are as short as without, and one pass forgets what all of them did', async (t) => {
  const { updater } = await startRig(t, { zone: 'example.org\n' })
  const join = async () => {
    await Promise.all(Array.from({ length: LEAVERS }, (_, n) => updater.clients.put(`c${n}`, { addresses: [addressOf(n)] })))
  }
  const leave = async () => {
    const endWatch = watchTurns()
    await Promise.all(Array.from({ length: LEAVERS }, (_, n) => updater.clients.remove(`c${n}`)))
    return (await endWatch()).longestMs
  }
  await join()
  const without = await leave()
  await join()
  for (let n = 0; n < LEAVERS; n++) for (const set of ['begun4', 'refused4']) record(set, addressOf(n), 2000)
  const full = await leave()
  const endReading = watchTurns()
  const look = await updater.contacts()
  const { togetherMs: readingMs, longestMs: readingTurnMs } = await endReading()
  assert.equal(look.contacts.length, 2 * LEAVERS * 2000)
  const endWatch = watchTurns()
  await look.forgetDeparted()
  const { longestMs, togetherMs } = await endWatch()
  const found = `turns of a leave: ${without.toFixed()} ms, with full sets ${full.toFixed()}; reading ${readingMs.toFixed()}, at most ${readingTurnMs.toFixed()} in a turn; forgetting ${togetherMs.toFixed()}, at most ${longestMs.toFixed()} in a turn`
  t.diagnostic(found)
  assert.equal((await updater.contacts()).contacts.length, 0)
  assert.ok(full - without < readingMs / 4, found)
  assert.ok(readingTurnMs < readingMs / 4, found)
  assert.ok(longestMs < togetherMs / 4, found)
})

test('who leaves while the records are being read is told of by the next look as well, and what it did is forgotten after that one', async (t) => {
  const { updater } = await startRig(t, { zone: 'example.org\n' })
  const others = Array.from({ length: LEAVERS }, (_, n) => addressOf(n + 2))
  await updater.clients.put('leaver', { addresses: [addressOf(1)] })
  for (const address of others) for (const set of ['begun4', 'refused4']) record(set, address, 1500)
  record('begun4', addressOf(1), 3)
  const reading = updater.contacts()
  const leaving = updater.clients.remove('leaver')
  const look = await reading
  await leaving
  record('begun4', addressOf(1), 1, 80)
  await look.forgetDeparted()
  const { contacts, forgetDeparted } = await updater.contacts()
  assert.equal(clientsIn(contacts).leaver, 3)
  await forgetDeparted()
  assert.equal(clientsIn((await updater.contacts()).contacts).leaver, undefined)
})
