import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { createLedger } from '../../src/resolver/ledger.ts'
import { a, answersOf, CLIENT, createWorld, edeOf, policyOf, respond, type Script, soa } from './world.ts'

const ADDRESS = '192.0.2.1'
const answering: Script = (question) => respond(question, { answers: [a(question.name, ADDRESS, 20)] })
const missing: Script = (question) => respond(question, { rcodeNumber: 3, authorities: [soa('example.org', 20)] })
const ENTRIES = ['*.example.org', 'exact.example.org', '*.example.net']

const worldOf = (budget: { names?: number; octets?: number; enforce?: boolean }, script = answering, more = {}) =>
  createWorld(ENTRIES, script, { budget: { names: 3, octets: 65_536, enforce: true, ...budget }, ...more })

test('names beyond the budget are denied with a reason of their own; those that have been paid for are answered as ever', async () => {
  const { ask, asked, overspent, resolver } = worldOf({})
  for (const name of ['a', 'b', 'c']) assert.deepEqual(answersOf(await ask(`${name}.example.org`)), [`A ${ADDRESS}`])
  const denied = await ask('d.example.org')
  assert.deepEqual([denied.rcode, denied.answers?.length, denied.authorities?.[0]?.type, edeOf(denied)], ['NOERROR', 0, 'SOA', [15]])
  assert.deepEqual(answersOf(await ask('a.example.org')), [`A ${ADDRESS}`])
  assert.deepEqual([asked.length, overspent.length, resolver.counters.overBudget, resolver.counters.denied], [3, 1, 1, 1])
  assert.deepEqual(
    resolver.tallies.asked.filter(({ isOverBudget }) => isOverBudget).map(({ judgement }) => judgement.name),
    ['d.example.org'],
  )
})

test('unless it is enforced, what is beyond is answered, and warned of once in the hour', async () => {
  const { ask, overspent, pass, resolver } = worldOf({ enforce: false })
  for (const name of ['a', 'b', 'c', 'd', 'e', 'd']) assert.deepEqual(answersOf(await ask(`${name}.example.org`)), [`A ${ADDRESS}`])
  assert.equal(overspent.length, 1)
  assert.deepEqual([overspent[0]!.client.id, overspent[0]!.apex, overspent[0]!.names], ['198.51.100.7', 'example.org', 3])
  assert.equal(resolver.counters.overBudget, 2)
  pass(3600)
  for (const name of ['f', 'g', 'h', 'i']) await ask(`${name}.example.org`)
  assert.equal(overspent.length, 2)
})

test('after the hour there is a new budget', async () => {
  const { ask, pass } = worldOf({ names: 1 })
  await ask('a.example.org')
  pass(3599)
  assert.equal((await ask('b.example.org')).answers?.length, 0)
  pass(1)
  assert.equal((await ask('b.example.org')).answers?.length, 1)
})

test('exact names are free, though a wildcard is around them, and so are denied ones', async () => {
  const { ask, overspent } = worldOf({ names: 1 })
  await ask('a.example.org')
  assert.equal((await ask('exact.example.org')).answers?.length, 1)
  for (const name of ['x', 'y', 'z']) assert.equal((await ask(`${name}.example.com`)).rcode, 'NXDOMAIN')
  assert.equal(overspent.length, 0)
})

test('every type counts, but a name counts once; a negative answer is as good a message as any', async () => {
  const { ask, asked } = worldOf({ names: 2 }, missing)
  for (const type of ['A', 'AAAA', 'TXT']) await ask('a.example.org', type)
  await ask('b.example.org', 'TXT')
  assert.deepEqual([(await ask('c.example.org')).rcode, asked.length], ['NOERROR', 2])
})

test('each client and each wildcard has its own', async () => {
  const { ask } = worldOf({ names: 1 })
  await ask('a.example.org')
  assert.equal((await ask('b.example.net')).answers?.length, 1)
  assert.equal((await ask('b.example.org', 'A', '198.51.100.8')).answers?.length, 1)
  assert.equal((await ask('b.example.org')).answers?.length, 0)
})

test('who has a whole IPv6 link, or all of loopback, to ask from has one budget', async () => {
  const { ask } = worldOf({ names: 1 })
  for (const [one, other] of [
    ['2001:db8::1', '2001:db8::2'],
    ['127.0.0.1', '127.9.9.9'],
  ] as const) {
    assert.equal((await ask('a.example.org', 'A', one)).answers?.length, 1)
    assert.equal((await ask('b.example.org', 'A', other)).answers?.length, 0)
  }
})

test('the octets of the labels below the wildcard are bounded too', async () => {
  const { ask, overspent } = worldOf({ names: 1000, octets: 256 })
  const label = 'x'.repeat(61)
  for (const last of ['a', 'b', 'c']) assert.equal((await ask(`${label}${last}.example.org`)).answers?.length, 1)
  assert.equal((await ask(`${label}d.example.org`)).answers?.length, 0)
  assert.equal(overspent[0]?.octets, 3 * (63 + 2))
  assert.equal((await ask('short.example.org')).answers?.length, 1)
})

test('the order in which known names go upstream is a message too: each time costs two octets, an answer from the cache none', async () => {
  const { ask, asked, pass } = worldOf({ names: 1000, octets: 256 })
  for (let count = 0; count < 850; count++) {
    await ask('a.example.org')
    if (count % 5 === 0) pass(20)
  }
  assert.equal(asked.length, Math.floor((256 - 2) / 2))
})

test('a refresh before the end counts as well', async () => {
  const { ask, asked, pass, resolver } = worldOf({ names: 1000, octets: 256 }, answering, { prefetch: true })
  await ask('a.example.org')
  pass(1)
  for (let count = 0; count < 150; count++) {
    pass(17)
    await ask('a.example.org')
    await new Promise((turn) => setImmediate(turn))
    pass(2)
    await ask('a.example.org')
  }
  assert.ok(resolver.counters.refreshed > 100)
  assert.equal(asked.length, Math.floor((256 - 2) / 2))
})

test('a change of policy resets nothing, nor does a resolver that begins anew with what was saved', async () => {
  const ledger = createLedger()
  const first = worldOf({}, answering, { ledger })
  for (const name of ['a', 'b']) await first.ask(`${name}.example.org`)
  first.resolver.replacePolicy(policyOf(['*.example.org']))
  await first.ask('c.example.org')
  assert.equal((await first.ask('d.example.org')).answers?.length, 0)
  const saved = [...ledger.save()].join('')
  assert.doesNotMatch(saved, /"c\.example/)
  const next = worldOf({}, answering, { ledger: createLedger(saved) })
  assert.equal((await next.ask('d.example.org')).answers?.length, 0)
  assert.equal((await next.ask('c.example.org')).answers?.length, 1)
  assert.equal(next.overspent.length, 0)
})

test('what is spent while a large ledger is being saved does not spoil what is saved', () => {
  const ledger = createLedger()
  const [apex, now] = [parseName('example.org'), Date.UTC(2026, 0, 1)]
  const enter = (payer: string, name: number) => ledger.enter(ledger.accountOf(payer, apex, now), name, 10)
  for (let name = 0; name < 5_000; name++) enter('10.1', name)
  enter('10.2', 1)
  const pieces: string[] = []
  for (const piece of ledger.save()) {
    pieces.push(piece)
    enter('10.1', 5_000 + pieces.length)
  }
  assert.ok(pieces.length > 1)
  const restored = createLedger(pieces.join(''))
  assert.ok(restored.nameCount >= 5_001)
  assert.equal(restored.accountOf('10.1', apex, now).octets, restored.accountOf('10.1', apex, now).names.size * 10)
  assert.deepEqual([...restored.accountOf('10.2', apex, now).names], [1])
})

test('what has been used is told without being changed', async () => {
  const { ask, resolver } = worldOf({ names: 2 })
  const use = (name: string) => resolver.budgetOf(parseAddress(CLIENT)!, parseName(name))
  assert.deepEqual([use('a.example.org')?.names, use('exact.example.org'), use('denied.example.com')], [0, undefined, undefined])
  for (const name of ['a', 'b', 'c']) await ask(`${name}.example.org`)
  const { names, octets, wildcard } = use('c.example.org')!
  assert.deepEqual([names, octets, wildcard], [2, 2 * (2 + 2), '*.example.org'])
  assert.deepEqual([use('c.example.org')?.isSpent, use('a.example.org')?.isSpent], [true, false])
})

test('what is no saved ledger is refused', () => {
  for (const text of ['', '{', 'null', '{"key":"00","accounts":[{}]}', '[]']) assert.throws(() => createLedger(text))
})

test('memory is bounded however many sources there seem to be, and who has spent most is forgotten last', () => {
  const ledger = createLedger()
  const now = Date.UTC(2026, 0, 1)
  const apex = parseName('example.org')
  for (let name = 0; name < 900; name++) ledger.enter(ledger.accountOf('big', apex, now), name, 40)
  for (let index = 0; index < 40_000; index++) {
    const account = ledger.accountOf(`10.${index}`, apex, now)
    for (let name = 0; name < 10; name++) ledger.enter(account, name, 10)
    assert.ok(ledger.nameCount <= 262_144)
  }
  assert.equal(ledger.accountOf('big', apex, now).names.size, 900)
})

test('a name is told by the first 48 bits of a keyed hash, as saved ledgers have it', () => {
  const key = 'ab'.repeat(32)
  const digest = createHash('sha256').update(`${key}a.example.org`).digest('hex')
  assert.equal(
    createLedger(JSON.stringify({ key, accounts: [] })).fingerprint(parseName('a.example.org')),
    Number.parseInt(digest.slice(0, 12), 16),
  )
})

test('who has made room for others begins anew, though it was the last to ask', () => {
  const ledger = createLedger()
  const apex = parseName('example.org')
  for (let index = 1; index < 16_384; index++) ledger.enter(ledger.accountOf(`rich-${index}`, apex, 0), undefined, 2)
  const poor = ledger.accountOf('poor', apex, 0)
  assert.equal(ledger.find('poor', apex, 0), poor)
  assert.notEqual(ledger.accountOf('poor', apex, 0), poor)
  assert.ok([...ledger.save()].join('').includes('"payer":"poor"'))
})
