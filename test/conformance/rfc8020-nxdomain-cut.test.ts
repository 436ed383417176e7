// RFC 8020: NXDOMAIN says that nothing is below, so a denied name above an allowed one must not get it.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createWorld, respond, soa } from '../resolver/world.ts'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['a.b.example', '*.wild.example', '!no.wild.example', 'x.no.wild.example'],
  records: ['a.b.example. 300 IN A 192.0.2.1'],
})
after(() => rig.close())

test('a denied name with allowed names below it is NODATA for every type', async () => {
  for (const name of ['b.example', 'example', 'wild.example', 'no.wild.example'])
    for (const type of ['A', 'AAAA', 'TXT', 'NS'])
      assert.match(await rig.dig(name, type), /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/, name)
})

test('a denied name without any is NXDOMAIN for every type', async () => {
  for (const name of ['c.example', 'x.b.example', 'y.no.wild.example.net'])
    for (const type of ['A', 'AAAA', 'TXT', 'HTTPS']) assert.match(await rig.dig(name, type), /status: NXDOMAIN/, name)
})

test('the allowed one is answered, asked before or after', async () => {
  assert.match(await rig.dig('a.b.example'), /192\.0\.2\.1/)
})

test("upstream's NXDOMAIN for a name does not deny the allowed names below it", async () => {
  const { ask } = createWorld(['b.example', 'a.b.example'], (question) =>
    respond(question, { rcodeNumber: 3, authorities: [soa('example')] }),
  )
  assert.equal((await ask('b.example')).rcode, 'NXDOMAIN')
  assert.equal((await ask('a.b.example')).rcode, 'NXDOMAIN')
})
