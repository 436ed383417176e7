// RFC 6891: EDNS(0) of clients.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

const many = Array.from({ length: 90 }, (_, index) => `many.example. 300 IN A 192.0.2.${index + 1}`)
const rig = await startRig({ entries: ['www.example', 'many.example'], records: ['www.example. 300 IN A 192.0.2.1', ...many] })
after(() => rig.close())

test('who sends OPT gets OPT, with our payload of 1232 octets; who sends none gets none, allowed and denied alike', async () => {
  for (const name of ['www.example', 'denied.example']) {
    assert.match(await rig.dig(name), /EDNS: version: 0, flags:; udp: 1232/)
    assert.doesNotMatch(await rig.dig(name, '+noedns'), /OPT PSEUDOSECTION/)
  }
})

test('an unknown version is BADVERS with our version, whatever the name', async () => {
  const printed = await rig.dig('www.example', '+edns=1', '+noednsnegotiation')
  assert.match(printed, /status: BADVERS/)
  assert.match(printed, /EDNS: version: 0/)
  assert.match(printed, /ANSWER: 0/)
})

test('unknown options and flags are ignored, and do not come back', async () => {
  const printed = await rig.dig('www.example', '+ednsopt=65001:beef', '+ednsflags=0x40')
  assert.match(printed, /status: NOERROR/)
  assert.match(printed, /EDNS: version: 0, flags:; udp/)
  assert.doesNotMatch(printed, /^; OPT=/m)
})

test('DO is copied into the reply', async () => {
  assert.match(await rig.dig('www.example', '+dnssec'), /EDNS: version: 0, flags: do;/)
})

test('no reply over UDP is longer than 1232 octets, or than the client can take', async () => {
  assert.match(await rig.dig('many.example', '+bufsize=4096', '+ignore'), /flags: qr tc rd ra/)
  assert.match(await rig.dig('many.example', '+bufsize=4096'), /ANSWER: 90/)
  assert.match(await rig.dig('many.example', '+noedns', '+ignore'), /flags: qr tc rd ra/)
  assert.match(await rig.dig('many.example', '+bufsize=100', '+ignore'), /flags: qr tc rd ra/)
})

for (const [manner, refusalOf] of Object.entries({
  'with the question': (query: Buffer) => answerTo(query, { rcode: 1 }),
  'with a header alone': (query: Buffer) => Buffer.from([...query.subarray(0, 2), 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]),
})) {
  test(`an upstream that does not know OPT, and says so ${manner}, is asked without it from then on (sections 6.2.2, 7)`, async (context) => {
    const sizes: number[] = []
    const old = await startScriptedServer(({ query, reply }) => {
      const records = query.readUInt16BE(10)
      sizes.push(records)
      reply(records > 0 ? refusalOf(query) : answerTo(query))
    }, 'udp')
    await rig.server.setEndpoints([])
    const elsewhere = await startRig({ entries: ['*.example'], upstream: old.endpoint })
    context.after(async () => {
      await elsewhere.close()
      old.close()
      await rig.server.setEndpoints([{ address: '127.0.0.1', port: 53 }])
    })
    for (const name of ['a.example', 'b.example', 'c.example']) assert.match(await elsewhere.dig(name), /192\.0\.2\.1\n/)
    assert.deepEqual(sizes, [1, 0, 0, 0])
  })
}

test('client options such as the subnet never travel upstream: two clients share one exchange', async () => {
  const before = rig.resolver.counters.forwarded
  rig.resolver.flush()
  await rig.dig('www.example', '+subnet=198.51.100.0/24')
  await rig.dig('www.example', '+subnet=203.0.113.0/24', '+cookie=0102030405060708')
  assert.equal(rig.resolver.counters.forwarded, before + 1)
})
