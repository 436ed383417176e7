// RFC 7050 and 6052: where the network translates IPv6 to IPv4, an AAAA record is what it leads to. And whatever leads to this host itself.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { runCommand } from '../support/namespace.ts'
import { startRig } from './rig.ts'

const OWN = '192.0.2.200'
const rig = await startRig({
  entries: ['*.example', 'db.inside.example private', 'metadata.inside.example private', 'own.inside.example private'],
  records: [
    'ipv4only.arpa. 300 IN AAAA 2001:db8:64::c000:aa',
    'ipv4only.arpa. 300 IN AAAA 2001:db8:64::c000:ab',
    'public.example. 300 IN AAAA 2001:db8:64::192.0.2.1',
    'trap.example. 300 IN AAAA 2001:db8:64::10.0.0.1',
    'both.example. 300 IN AAAA 2001:db8:64::127.0.0.1',
    'both.example. 300 IN AAAA 2001:db8::2',
    'db.inside.example. 300 IN AAAA 2001:db8:64::10.0.0.2',
    'metadata.inside.example. 300 IN AAAA 2001:db8:64::169.254.169.254',
    `own.example. 300 IN A ${OWN}`,
    `own.example. 300 IN AAAA 2001:db8:64::${OWN}`,
    `own.inside.example. 300 IN A ${OWN}`,
  ],
})
after(() => rig.close())
runCommand(['ip', 'address', 'add', `${OWN}/32`, 'dev', 'lo'])

const REMOVED = /EDE: 15 \(Blocked\): \(every address of this name is one that may not be opened\)/

test('the first name of all that leads to a private address through the translator is answered without it', async () => {
  assert.match(await rig.dig('trap.example', 'AAAA'), REMOVED)
  assert.deepEqual(rig.screened, ['trap.example 2001:db8:64::a00:1 special-purpose'])
})

test('one that leads to a public address is answered, and addresses of both kinds are told apart', async () => {
  assert.match(await rig.dig('public.example', 'AAAA'), /2001:db8:64::c000:201/)
  const both = await rig.dig('both.example', 'AAAA')
  assert.match(both, /ANSWER: 1/)
  assert.match(both, /2001:db8::2/)
})

test('a rule that is private may lead to private addresses, and to no metadata service', async () => {
  assert.match(await rig.dig('db.inside.example', 'AAAA'), /2001:db8:64::a00:2/)
  assert.match(await rig.dig('metadata.inside.example', 'AAAA'), REMOVED)
})

test("the gateway's own addresses are removed, translated or not, unless the rule is private", async () => {
  for (const type of ['A', 'AAAA']) assert.match(await rig.dig('own.example', type), REMOVED)
  assert.match(rig.screened.at(-1)!, / gateway$/)
  assert.match(await rig.dig('own.inside.example'), new RegExp(OWN))
})

test('the prefix is asked for once, not for every question', () => {
  assert.ok(rig.upstream.status().servers[0]!.asked <= 9)
})
