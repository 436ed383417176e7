// RFC 4035 section 3.2 and RFC 6840 section 5.7: AD, CD and DO of a resolver that does not validate itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { a, CLIENT, createWorld, decode, respond, type Script } from '../resolver/world.ts'

const AD = 0x20
const CD = 0x10
const DO = 0x8000
const VALIDATED = 0x180 | AD
const answering: Script = (question) => respond(question, { answers: [a('example.org', '192.0.2.1')] })

/** AD in the reply to a query with these bits, where upstream says that it has validated these addresses. */
async function adOf(flags: number, dnssecOk: boolean, addresses = ['192.0.2.1']) {
  const world = createWorld(['example.org'], (question) =>
    respond(question, { flags: VALIDATED, answers: addresses.map((each) => a('example.org', each)) }),
  )
  const query = encode(flags, dnssecOk)
  const asker = world.askerOf(CLIENT)!
  await world.resolver.resolve(query, asker, 'udp')
  const reply = new Uint8Array(1500)
  return (decode(reply.slice(0, world.resolver.answer(query, query.length, asker, reply, 'udp'))).flags! & AD) !== 0
}

function encode(flags: number, dnssecOk: boolean): Uint8Array {
  const additionals = [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: dnssecOk ? DO : 0, options: [] }]
  return packet.encode({
    type: 'query',
    id: 1,
    flags: packet.RECURSION_DESIRED | flags,
    questions: [{ name: 'example.org', type: 'A' }],
    additionals,
  })
}

test('AD of upstream is handed on to who can read it: by AD or by DO', async () => {
  assert.deepEqual([await adOf(AD, false), await adOf(0, true), await adOf(0, false)], [true, true, false])
})

test('AD is cleared on an answer that has lost an address', async () => {
  assert.equal(await adOf(AD, true, ['192.0.2.1', '10.0.0.1']), false)
})

test('a denial never carries AD', async () => {
  const world = createWorld([], () => new Uint8Array())
  const query = encode(AD, true)
  const reply = new Uint8Array(1500)
  const length = world.resolver.answer(query, query.length, world.askerOf(CLIENT)!, reply, 'udp')
  assert.equal(decode(reply.slice(0, length)).flags! & AD, 0)
})

test('DO travels upstream, and with it the answer is another', async () => {
  const world = createWorld(['example.org'], answering)
  for (const dnssecOk of [false, true, false, true]) await world.resolver.resolve(encode(0, dnssecOk), world.askerOf(CLIENT)!, 'udp')
  assert.deepEqual(
    world.asked.map(({ dnssecOk }) => dnssecOk),
    [false, true],
  )
})

test('CD comes back and goes nowhere: what upstream has found to be forged, and would hand out with it, would be opened', async () => {
  const world = createWorld(['example.org'], answering)
  const asker = world.askerOf(CLIENT)!
  const [without, withCd] = [
    await world.resolver.resolve(encode(0, false), asker, 'udp'),
    await world.resolver.resolve(encode(CD, false), asker, 'udp'),
  ]
  assert.deepEqual([decode(without).flags! & CD, decode(withCd).flags! & CD], [0, CD])
  assert.deepEqual(decode(withCd).answers, decode(without).answers)
  assert.equal(world.asked.length, 1)
})
