// RFC 6761: localhost is answered here, whatever zone files say. And what else never leaves.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { a, createWorld, policyOf, respond } from '../resolver/world.ts'
import { startRig } from './rig.ts'

const NEVER = ['x.invalid', 'x.onion', 'a.x.alt', 'onion']
const OF_SITE = ['nas.local', 'x.test', 'printer.home.arpa']
const rig = await startRig({
  entries: ['localhost', '*.localhost', '*.resolver.arpa', ...NEVER, '*.onion', 'nas.local'],
  records: ['localhost. 60 IN A 192.0.2.66', 'nas.local. 60 IN A 192.0.2.67', ...NEVER.map((name) => `${name}. 60 IN A 192.0.2.68`)],
})
after(() => rig.close())

test('localhost and names below it are loopback in both families, and have no other type', async () => {
  for (const name of ['localhost', 'db.localhost', 'LOCALHOST']) {
    assert.match(await rig.dig(name, 'A'), /IN\s+A\s+127\.0\.0\.1\n/)
    assert.match(await rig.dig(name, 'AAAA'), /IN\s+AAAA\s+::1\n/)
    assert.match(await rig.dig(name, 'MX'), /status: NOERROR.*\n.*ANSWER: 0/)
  }
})

test('nothing of it is forwarded or opened', () => {
  assert.deepEqual([rig.resolver.counters.forwarded, rig.kernel.requests.length], [0, 0])
})

test('.invalid, .onion (RFC 7686) and .alt (RFC 9476) are denied without asking anybody, whatever zone files say', async () => {
  for (const name of [...NEVER, 'y.x.onion']) assert.match(await rig.dig(name), /status: NXDOMAIN/)
  assert.equal(rig.resolver.counters.forwarded, 0)
})

test('.local (RFC 6762), .test and home.arpa (RFC 8375) are asked for where a zone file allows the name', async () => {
  for (const name of ['x.local', 'x.test', 'printer.home.arpa']) assert.match(await rig.dig(name), /status: NXDOMAIN/)
  assert.equal(rig.resolver.counters.forwarded, 0)
  assert.match(await rig.dig('nas.local'), /IN\s+A\s+192\.0\.2\.67/)
})

test('audit mode lets none of them through that no entry allows', async () => {
  const { ask, asked, denied } = createWorld([], (question) => respond(question, { answers: [a(question.name, '192.0.2.1')] }), {
    policy: policyOf(['nas.local', 'x.onion', '!x.local'], { audit: true }),
  })
  for (const name of [...NEVER, 'x.local', ...OF_SITE, 'alternative', 'x.home.example']) await ask(name)
  assert.deepEqual(
    asked.map(({ name }) => name),
    ['nas.local', 'alternative', 'x.home.example'],
  )
  assert.equal(denied.filter((line) => line.endsWith(' deny')).length, 7)
})

for (const library of ['glibc', 'musl'] as const)
  test(`${library} finds localhost`, async () => {
    const { outcome, addresses } = await rig.lookUp(library, 'db.localhost')
    assert.deepEqual([outcome, [...addresses].sort()], ['found', ['127.0.0.1', '::1']])
  })
