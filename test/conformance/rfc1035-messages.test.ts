// RFC 1034 and 1035: messages, transports, truncation.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const many = Array.from({ length: 60 }, (_, index) => `many.example. 300 IN AAAA 2001:db8::${index + 1}`)
const rig = await startRig({
  entries: ['www.example', 'many.example types=MX', 'alias.example types=NS,SOA,PTR', '*.deep.example'],
  records: [
    'www.example. 300 IN A 192.0.2.1',
    'alias.example. 300 IN CNAME www.example.',
    ...many,
    `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(44)}.deep.example. 300 IN A 192.0.2.9`,
  ],
})
after(() => rig.close())

test('an answer carries the question, RA, the CNAME chain in order, and no authority of ours', async () => {
  const printed = await rig.dig('alias.example')
  assert.match(printed, /status: NOERROR/)
  assert.match(printed, /flags: qr rd ra;/)
  assert.match(printed, /alias\.example\.\s+300\s+IN\s+CNAME\s+www\.example\.\nwww\.example\.\s+300\s+IN\s+A\s+192\.0\.2\.1/)
  assert.doesNotMatch(printed, /MALFORMED|WARNING/)
})

test('RD is copied', async () => {
  assert.match(await rig.dig('www.example', '+norecurse'), /flags: qr ra;/)
})

test('an answer that does not fit is truncated, whole over TCP, and its addresses are open before either client can read them', async () => {
  const opened = rig.kernel.requests.length
  const cut = await rig.dig('many.example', 'AAAA', '+ignore', '+bufsize=512')
  assert.match(cut, /flags: qr tc rd ra;.*ANSWER: 0/)
  assert.equal(rig.kernel.requests.slice(opened)[0]?.addresses.length, 60)
  const whole = await rig.dig('many.example', 'AAAA', '+bufsize=512')
  assert.match(whole, /;; Truncated, retrying in TCP mode/)
  assert.match(whole, /ANSWER: 60/)
})

test('over TCP a client that has never asked before is opened for before it is answered', async () => {
  const order: string[] = []
  rig.kernel.before = async ({ source }) => {
    await new Promise((later) => setTimeout(later, 50))
    order.push(`open for ${source}`)
  }
  const printed = await rig.dig('many.example', 'AAAA', '+tcp', '-b', '127.0.0.77').then((text) => {
    order.push('answer')
    return text
  })
  assert.deepEqual(order, ['open for 127.0.0.77', 'answer'])
  assert.match(printed, /ANSWER: 60/)
  rig.kernel.before = async () => {}
})

test('the longest name there can be is answered', async () => {
  const name = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(44)}.deep.example`
  assert.match(await rig.dig(name), /192\.0\.2\.9/)
})

test('other opcodes are NOTIMP, other classes REFUSED', async () => {
  assert.match(await rig.dig('www.example', '+opcode=status'), /status: NOTIMP/)
  assert.match(await rig.dig('www.example', '+opcode=notify'), /status: NOTIMP/)
  assert.match(await rig.dig('version.bind', 'CH', 'TXT'), /status: REFUSED/)
})

test('a query without a question is FORMERR', async () => {
  assert.match(await rig.dig('+header-only', '+nocookie', 'www.example'), /status: FORMERR/)
})
