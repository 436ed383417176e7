// In the background nobody's failing names keep others' from being asked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import type { Asker } from '../../src/resolver/asker.ts'
import { createPlaces } from '../../src/resolver/places.ts'
import { AT_A_TIME, createRenewal, MOST_WAITING } from '../../src/resolver/renewal.ts'

/** Names are asked and stay so until the test ends them. */
function start() {
  const asked: string[] = []
  const ends: (() => void)[] = []
  const renewal = createRenewal(({ name }, { source }) => {
    asked.push(`${source} ${name}`)
    return new Promise<void>((resolve) => ends.push(resolve))
  })
  const add = (source: string, name: string, payer = source): boolean =>
    renewal.add({ source: parseAddress(source)!, client: { payer } } as Asker, parseName(name), 4)
  const endFirst = async (): Promise<void> => {
    ends.shift()!()
    await new Promise(setImmediate)
  }
  return { asked, add, endFirst }
}

test('of sixteen sandboxes each has four names asked at a time, however many wait; another one is next as soon as one ends', async () => {
  const { asked, add, endFirst } = start()
  for (let sandbox = 0; sandbox < 16; sandbox++) {
    for (let name = 0; name < 256; name++) assert.ok(add(`10.77.0.${sandbox}`, `n${name}.example`))
  }
  assert.equal(asked.length, AT_A_TIME.ofAll)
  for (let sandbox = 0; sandbox < 16; sandbox++) {
    assert.equal(asked.filter((each) => each.startsWith(`10.77.0.${sandbox} `)).length, AT_A_TIME.ofClient)
  }
  for (const name of ['a.example', 'b.example']) assert.ok(add('10.77.1.1', name))
  // Whose place is free is served at once; the newcomer's turn comes before anybody's second.
  for (let ended = 0; ended < 17; ended++) await endFirst()
  assert.ok(asked.includes('10.77.1.1 a.example'), asked.slice(AT_A_TIME.ofAll).join('\n'))
})

test('a single sandbox takes four places, and no more room than it may', () => {
  const { asked, add } = start()
  for (let name = 0; name < AT_A_TIME.ofClient + MOST_WAITING.ofClient; name++) assert.ok(add('10.77.0.1', `n${name}.example`))
  assert.equal(add('10.77.0.1', 'one-more.example'), false)
  assert.equal(asked.length, AT_A_TIME.ofClient)
  assert.ok(add('10.77.0.2', 'other.example'))
  assert.equal(asked.at(-1), '10.77.0.2 other.example')
})

test('a sandbox that takes many addresses has no more places for it, and is asked for at each of them', () => {
  const { asked, add } = start()
  for (let host = 1; host <= 8; host++) assert.ok(add(`fd77::${host}`, 'example.org', 'fd77::/64'))
  assert.deepEqual(
    asked,
    [1, 2, 3, 4].map((host) => `fd77::${host} example.org`),
  )
})

test('a name that waits or is being asked is not asked twice, and may be again when it has been', async () => {
  const { asked, add, endFirst } = start()
  for (let round = 0; round < 3; round++) assert.ok(add('10.77.0.1', 'example.org'))
  assert.equal(asked.length, 1)
  await endFirst()
  add('10.77.0.1', 'example.org')
  assert.equal(asked.length, 2)
})

test('places are of all and of each client, and are free again when they have been freed', () => {
  const places = createPlaces({ ofAll: 3, ofClient: 2 })
  assert.deepEqual(
    [places.take('a'), places.take('a'), places.take('a'), places.take('b'), places.take('c')],
    [true, true, false, true, false],
  )
  places.free('a')
  assert.deepEqual([places.take('c'), places.take('a')], [true, false])
})
