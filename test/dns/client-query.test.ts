import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { ClientQuery } from '../../src/dns/client-query.ts'

const query = new ClientQuery()

/** Header with one question, then the octets given. */
function message(octets: readonly number[], { flags = 0x0100, counts = [1, 0, 0, 0] } = {}): Uint8Array {
  return Uint8Array.of(0x12, 0x34, flags >> 8, flags & 255, ...counts.flatMap((count) => [count >> 8, count & 255]), ...octets)
}

const NAME = [3, 0x57, 0x77, 0x57, 2, 0x61, 0x62, 0] // WwW.ab
const A_IN = [0, 1, 0, 1]
const opt = (version = 0, options: readonly number[] = []) => [0, 0, 41, 4, 208, 0, version, 0x80, 0, 0, options.length, ...options]

function read(octets: Uint8Array, length = octets.length) {
  return query.read(octets, length)
}

test('a question is read in place, its name canonical', () => {
  assert.equal(read(message([...NAME, ...A_IN])), 'accept')
  assert.deepEqual([query.name, query.type, query.rrClass, query.questionEnd, query.edns.present], ['www.ab', 1, 1, 24, false])
})

test('octets that a canonical name escapes take the slow path to the same rules', () => {
  assert.equal(read(message([4, 0x41, 0x2e, 0x00, 0xe9, 0, ...A_IN])), 'accept')
  assert.equal(query.name, 'a\\046\\000\\233')
})

test('of many names, asked for in turn and again, each is read as what it is', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `n${index}.${index % 7 === 0 ? 'x'.repeat((index % 63) + 1) : 'a'}.example`)
  for (const name of [...names, ...names.toReversed(), ...names.flatMap((name) => [name, name.toUpperCase()])]) {
    const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
    assert.equal(read(message([...labels, 0, ...A_IN])), 'accept')
    assert.equal(query.name, name.toLowerCase())
  }
})

test('the root is a name', () => {
  assert.equal(read(message([0, ...A_IN])), 'accept')
  assert.equal(query.name, '')
})

test('what is no query gets no reply, an unknown opcode NOTIMP, a wrong count FORMERR', () => {
  const question = [...NAME, ...A_IN]
  assert.equal(read(message(question), 11), 'ignore')
  assert.equal(read(message(question, { flags: 0x8180 })), 'ignore')
  for (const opcode of [1, 2, 4, 5, 15]) assert.equal(read(message(question, { flags: opcode << 11 })), 'not-implemented')
  const wrongCounts = [
    [0, 0, 0, 0],
    [2, 0, 0, 0],
    [257, 0, 0, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
  ]
  for (const counts of wrongCounts) assert.equal(read(message([...question, ...question], { counts })), 'format-error')
})

test('a message cut short anywhere is a format error, and never read beyond its length', () => {
  const whole = message([...NAME, ...A_IN, ...opt(0, [0, 11, 0, 2, 1, 2])], { counts: [1, 0, 0, 1] })
  assert.equal(read(whole), 'accept')
  for (let length = 12; length < whole.length; length++) assert.equal(read(whole, length), 'format-error', `${length} octets`)
})

test('compression pointers and unknown label types have no place in a question', () => {
  for (const first of [0xc0, 0xff, 0x40, 0x80, 0xbf]) {
    assert.equal(read(message([first, 12, 0, ...A_IN])), 'format-error')
    assert.equal(read(message([1, 0x61, first, 12, 0, ...A_IN])), 'format-error')
  }
})

test('a name has at most 255 octets and a label at most 63', () => {
  const label = (octets: number) => [octets, ...Array<number>(octets).fill(0x61)]
  const longest = [...label(63), ...label(63), ...label(63), ...label(61), 0]
  assert.equal(longest.length, 255)
  assert.equal(read(message([...longest, ...A_IN])), 'accept')
  assert.equal(query.name.length, 253)
  assert.equal(read(message([...label(63), ...label(63), ...label(63), ...label(62), 0, ...A_IN])), 'format-error')
  assert.equal(read(message([...label(64), 0, ...A_IN])), 'format-error')
})

test('OPT is found anywhere among the additional records', () => {
  const tsig = [...NAME, 0, 250, 0, 255, 0, 0, 0, 0, 0, 1, 9]
  const question = [...NAME, ...A_IN]
  assert.equal(read(message([...question, ...tsig, ...opt()], { counts: [1, 0, 0, 2] })), 'accept')
  assert.deepEqual([query.edns.present, query.edns.payloadOctets, query.edns.version, query.dnssecOk], [true, 1232, 0, true])
  assert.equal(read(message([...question, ...opt(), ...tsig], { counts: [1, 0, 0, 2] })), 'accept')
  assert.equal(query.edns.present, true)
})

test('two OPT records, an OPT with an owner, and options that do not fit are format errors', () => {
  const question = [...NAME, ...A_IN]
  assert.equal(read(message([...question, ...opt(), ...opt()], { counts: [1, 0, 0, 2] })), 'format-error')
  assert.equal(read(message([...question, ...NAME, ...opt().slice(1)], { counts: [1, 0, 0, 1] })), 'format-error')
  assert.equal(read(message([...question, ...opt(0, [0, 10, 0, 9, 1])], { counts: [1, 0, 0, 1] })), 'format-error')
  assert.equal(read(message([...question, ...opt(0, [0, 10, 0])], { counts: [1, 0, 0, 1] })), 'format-error')
})

const cookie = (octets: number, first = 0) => [0, 10, 0, octets, ...Array.from({ length: octets }, (_, index) => first + index)]
const readOptions = (options: readonly number[]) => read(message([...NAME, ...A_IN, ...opt(0, options)], { counts: [1, 0, 0, 1] }))

test('a cookie is the eight octets of the client, alone or with eight to thirty-two of the server (RFC 7873 section 4)', () => {
  for (const octets of [8, 16, 40]) assert.equal(readOptions(cookie(octets)), 'accept', `${octets}`)
  for (const octets of [0, 7, 9, 15, 41]) assert.equal(readOptions(cookie(octets)), 'format-error', `${octets}`)
})

test('of several cookies the first counts (RFC 7873 section 5.2)', () => {
  const octets = message([...NAME, ...A_IN, ...opt(0, [...cookie(8, 1), ...cookie(8, 101)])], { counts: [1, 0, 0, 1] })
  assert.equal(read(octets), 'accept')
  assert.equal(octets[query.edns.cookieAt], 1)
})

test('unknown options and higher versions are read; nothing stays from the query before', () => {
  const question = [...NAME, ...A_IN]
  assert.equal(read(message([...question, ...opt(3, [255, 255, 0, 1, 7])], { counts: [1, 0, 0, 1], flags: 0x0110 })), 'accept')
  assert.equal(query.edns.version, 3)
  assert.equal(read(message(question)), 'accept')
  assert.deepEqual([query.edns.present, query.edns.version, query.dnssecOk], [false, 0, false])
})

test('a payload below 512 octets counts as 512', () => {
  const octets = packet.encode({
    type: 'query',
    questions: [{ name: 'a', type: 'A' }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 100 }],
  })
  assert.equal(read(octets), 'accept')
  assert.equal(query.edns.payloadOctets, 512)
})
