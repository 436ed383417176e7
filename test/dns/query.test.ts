import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question } from '../../src/dns/answer.ts'
import { parseName } from '../../src/dns/name.ts'
import { encodeQuery, type Manner, MOST_QUERY_OCTETS } from '../../src/dns/query.ts'
import { isTruncated, matchesQuery, rcodeOf } from '../../src/dns/response.ts'
import { decode } from '../resolver/world.ts'

const target = new Uint8Array(MOST_QUERY_OCTETS)
const plain = { id: 0xbeef, name: parseName('api.example.org'), type: 28, randomizeCase: false, dnssecOk: false }

function encode(query: Partial<Question & Manner>, caseBits?: Uint8Array): Uint8Array {
  target.fill(0xff)
  const asked = { ...plain, ...query }
  return target.slice(0, encodeQuery(asked, asked, target, caseBits))
}

test('a query carries name, type, RD, AD and an OPT of our own, and nothing else', () => {
  const decoded = decode(encode({}))
  assert.deepEqual(decoded.questions, [{ name: 'api.example.org', type: 'AAAA', class: 'IN' }])
  assert.deepEqual([decoded.id, decoded.flags, decoded.additionals?.length], [0xbeef, 0x0120, 1])
  assert.equal(Object(decoded.additionals?.[0]).udpPayloadSize, 1232)
})

test('DO travels', () => {
  const octets = encode({ dnssecOk: true })
  assert.equal(octets[3], 0x20)
  assert.equal(octets[octets.length - 4], 0x80)
})

test('random case changes letters only, each by a bit of its own', () => {
  const octets = encode({ name: parseName('a-b.c0'), randomizeCase: true }, new Uint8Array(32).fill(0xff))
  assert.equal(Buffer.from(octets.subarray(12, 20)).toString('latin1'), '\x03A-B\x02C0\0')
  assert.deepEqual(encode({ randomizeCase: true }, new Uint8Array(32)), encode({}))
})

test('the longest query fits', () => {
  const longest = parseName([63, 63, 63, 61].map((octets) => 'x'.repeat(octets)).join('.'))
  assert.equal(encode({ name: longest }).length, 12 + 255 + 4 + 11)
  assert.equal(encode({ name: longest, padded: true }).length, MOST_QUERY_OCTETS)
})

test('padded queries are multiples of 128 octets, whatever the name, and stay readable', () => {
  for (let octets = 1; octets <= 63; octets++) {
    const query = encode({ name: parseName('x'.repeat(octets)), padded: true })
    assert.equal(query.length % 128, 0)
    assert.equal(Object(decode(query).additionals?.[0]).options[0].code, 12)
  }
})

test('a response matches by ID, opcode, count and question, letter case included', () => {
  const query = encode({ randomizeCase: true }, new Uint8Array(32).fill(0x55))
  const response = Uint8Array.from(query)
  response[2]! |= 0x80
  assert.equal(matchesQuery(response, response.length, query), true)
  const changes: [number, number][] = [
    [0, 1],
    [2, 0x80],
    [2, 0x08],
    [5, 1],
    [13, 0x20],
    [12 + 17 + 1, 1],
    [12 + 17 + 3, 1],
  ]
  for (const [at, bits] of changes) {
    const changed = Uint8Array.from(response)
    changed[at]! ^= bits
    assert.equal(matchesQuery(changed, changed.length, query), false, `octet ${at}`)
  }
  for (let length = 0; length < 33; length++) assert.equal(matchesQuery(response, length, query), false)
  assert.equal(matchesQuery(response, 33, query), true)
})

test('TC and RCODE are read from the header', () => {
  const response = encode({})
  assert.equal(isTruncated(response), false)
  response[2]! |= 2
  response[3] = 0x83
  assert.equal(isTruncated(response), true)
  assert.equal(rcodeOf(response), 3)
})
