// RFC 6891: EDNS(0) of clients.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
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

test('client options such as the subnet never travel upstream: two clients share one exchange', async () => {
  const before = rig.resolver.counters.forwarded
  rig.resolver.flush()
  await rig.dig('www.example', '+subnet=198.51.100.0/24')
  await rig.dig('www.example', '+subnet=203.0.113.0/24', '+cookie=0102030405060708')
  assert.equal(rig.resolver.counters.forwarded, before + 1)
})
