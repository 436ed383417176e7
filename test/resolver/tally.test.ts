import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { Judgement } from '../../src/resolver/memory.ts'
import { createTallies } from '../../src/resolver/tally.ts'
import { policyOf, START } from './world.ts'

const policy = policyOf(['example.org'])
const clientAt = (source: string) => policy.clientAt(parseAddress(source)!)

function judgementOf(name: string, inForce: Policy = policy): Judgement {
  const { view } = inForce.clientAt(parseAddress('10.0.0.1')!)
  return new Judgement(new Map(), parseName(name), decideName(view, parseName(name), START))
}

test('what one client asks again is counted, another type and another client are listed apart', () => {
  const tallies = createTallies()
  const judgement = judgementOf('example.org')
  const [one, other] = [clientAt('10.0.0.1'), clientAt('10.0.0.2')]
  for (const [client, type] of [
    [one, TYPE.A],
    [one, TYPE.A],
    [one, TYPE.AAAA],
    [other, TYPE.A],
  ] as const)
    tallies.count(judgement, client, type, false)
  assert.deepEqual(
    tallies.takeAsked().map(({ client, type, count }) => [client.id, type, count]),
    [
      ['10.0.0.1', TYPE.A, 2],
      ['10.0.0.1', TYPE.AAAA, 1],
      ['10.0.0.2', TYPE.A, 1],
    ],
  )
})

test('a thousand sandboxes that ask for one name are all listed', () => {
  const tallies = createTallies()
  const judgement = judgementOf('example.org')
  for (let index = 0; index < 1000; index++) {
    for (const type of [TYPE.A, TYPE.AAAA]) tallies.count(judgement, clientAt(`10.1.${index >> 8}.${index & 255}`), type, false)
  }
  assert.equal(tallies.takeAsked().length, 2000)
  assert.equal(tallies.unlisted, 0)
})

test('forged sources and types without end are counted, and take no room', () => {
  const tallies = createTallies()
  const judgement = judgementOf('example.org')
  for (let type = 1; type <= 100; type++) tallies.count(judgement, clientAt('10.0.0.1'), type, false)
  for (let index = 0; index < 5000; index++) tallies.count(judgement, clientAt(`10.2.${index >> 8}.${index & 255}`), TYPE.A, false)
  assert.ok(tallies.unlisted > 900, String(tallies.unlisted))
  assert.equal(tallies.asked.length + tallies.unlisted, 5100)
  assert.equal(judgement.tallies.size, 4096)
})

test('one client that asks for names without end leaves room for what others ask', () => {
  const tallies = createTallies()
  for (const round of [1, 2]) {
    for (let index = 0; index < 40_000; index++) tallies.count(judgementOf(`n${index}.example`), clientAt('10.0.0.1'), TYPE.A, false)
    tallies.count(judgementOf('example.org'), clientAt('10.0.0.2'), TYPE.A, false)
    assert.deepEqual([tallies.asked.length, tallies.asked.at(-1)!.client.id], [8193, '10.0.0.2'], `round ${round}`)
    assert.equal(tallies.unlisted, 40_000 - 8192)
    for (const tally of tallies.takeAsked()) tally.count = 0
  }
})

test('whoever asks for names or types that are denied, without end, hides nothing that is allowed: neither what it asks itself nor what others do', () => {
  const tallies = createTallies()
  for (let index = 0; index < 60_000; index++)
    tallies.count(judgementOf(`n${index}.example`), clientAt(`10.2.0.${index % 6}`), TYPE.A, false)
  assert.equal(tallies.asked.length, 24_576)
  const judgement = judgementOf('example.org')
  for (let type = 1000; type < 1100; type++) tallies.count(judgement, clientAt('10.0.0.1'), type, false)
  for (const source of ['10.0.0.1', '10.2.0.0', '10.3.0.1']) tallies.count(judgement, clientAt(source), TYPE.AAAA, false)
  assert.deepEqual(
    tallies.asked.slice(24_576).map(({ client, type }) => [client.id, type]),
    ['10.0.0.1', '10.2.0.0', '10.3.0.1'].map((source) => [source, TYPE.AAAA]),
  )
  for (const tally of tallies.takeAsked()) tally.count = 0
  for (let type = 1000; type < 1100; type++) tallies.count(judgement, clientAt('10.0.0.1'), type, false)
  assert.equal(tallies.asked.length, 15, 'beside the one that is at rest')
  tallies.count(judgement, clientAt('10.0.0.1'), TYPE.A, false)
  assert.equal(tallies.asked.at(-1)!.type, TYPE.A)
})

test('a name that has had as many askers as it may lists new ones again once the old have been written', () => {
  const tallies = createTallies()
  const judgement = judgementOf('example.org')
  for (let index = 0; index < 5000; index++) tallies.count(judgement, clientAt(`10.2.${index >> 8}.${index & 255}`), TYPE.A, false)
  for (const tally of tallies.takeAsked()) tally.count = 0
  tallies.count(judgement, clientAt('10.0.0.1'), TYPE.A, false)
  assert.deepEqual([tallies.asked.map(({ client }) => client.id), tallies.unlisted, judgement.tallies.size], [['10.0.0.1'], 0, 1])
})
