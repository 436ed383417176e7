import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Packet, PacketRecord } from 'dns-packet'
import { decodeAnswer } from '../../src/dns/answer.ts'
import { ClientQuery } from '../../src/dns/client-query.ts'
import { createExplanation } from '../../src/dns/explanation.ts'
import { parseName } from '../../src/dns/name.ts'
import { type Transport, writeAnswer, writeNegative } from '../../src/dns/reply.ts'
import { createCookieIssuer } from '../../src/dns/server-cookie.ts'
import { EDE, RCODE, TYPE } from '../../src/dns/vocabulary.ts'
import { parseAddress } from '../../src/net/address.ts'
import { a, cname, decode, edeOf, encode, respond, soa } from '../resolver/world.ts'

const reply = new Uint8Array(65_535)
const BLOCKED = createExplanation(EDE.blocked, 'no rule allows this name')

function read(octets: Uint8Array): ClientQuery {
  const query = new ClientQuery()
  query.read(octets, octets.length)
  return query
}

function deny(octets: Uint8Array, rcode: number): Uint8Array {
  reply.fill(0xff)
  return reply.slice(0, writeNegative(octets, read(octets), rcode, BLOCKED.option, reply))
}

/** What a client of `name` gets when upstream says `response`. */
function answer(octets: Uint8Array, response: Partial<Packet>, ttl = 77, transport: Transport = 'udp'): Uint8Array {
  const query = read(octets)
  const question = { name: query.name, type: query.type, dnssecOk: false }
  const { template } = decodeAnswer(respond(question, response), question)
  reply.fill(0xff)
  return reply.slice(0, writeAnswer(octets, query, template, ttl, transport, reply))
}

test('a denial echoes the question as it was written, with SOA and EDE', () => {
  const octets = deny(encode('WwW.Example.ORG', 'A'), RCODE.NXDOMAIN)
  const decoded = decode(octets)
  assert.equal(decoded.rcode, 'NXDOMAIN')
  assert.equal(decoded.questions?.[0]?.name, 'WwW.Example.ORG')
  const authority = decoded.authorities?.[0]
  assert.deepEqual([authority?.type, authority?.ttl, Object(authority?.data).minimum], ['SOA', 5, 5])
  assert.deepEqual(edeOf(decoded), [15])
})

test('who sends no OPT gets none back', () => {
  const decoded = decode(deny(encode('a.b', 'A', false), RCODE.NXDOMAIN))
  assert.deepEqual([decoded.additionals?.length, decoded.authorities?.length], [0, 1])
})

test('RD and CD are copied, QR and RA set, AA and AD clear', () => {
  const octets = encode('a.b', 'A')
  for (const [flags, expected] of [
    [0x0000, 0x8083],
    [0x0100, 0x8183],
    [0x0130, 0x8193],
    [0x07ff & ~0x0200, 0x8193],
  ] as const) {
    octets[2] = flags >> 8
    octets[3] = flags & 255
    assert.equal(Buffer.from(deny(octets, RCODE.NXDOMAIN)).readUInt16BE(2), expected)
  }
})

test('BADVERS is split over header and OPT, SERVFAIL has no SOA', () => {
  const octets = deny(encode('a.b', 'A'), RCODE.BADVERS)
  assert.equal(octets[3]! & 15, 0)
  assert.equal(octets[12 + 5 + 4 + 5], 1)
  assert.equal(decode(deny(encode('a.b', 'A'), RCODE.SERVFAIL)).authorities?.length, 0)
})

test('without a question only the header comes back', () => {
  const octets = encode('a.b', 'A')
  octets[5] = 2
  const reply = deny(octets, RCODE.FORMERR)
  assert.deepEqual([reply.length, reply[5]], [12, 0])
})

test('an answer is compressed against the question, with the TTL told', () => {
  const octets = answer(encode('WWW.example.org', 'A'), {
    answers: [cname('www.example.org', 'web.example.org'), a('web.example.org', '192.0.2.1')],
  })
  const decoded = decode(octets)
  assert.deepEqual(
    decoded.answers?.map(({ name, ttl, data }) => [name, ttl, data]),
    [
      ['WWW.example.org', 77, 'web.example.org'],
      ['web.example.org', 77, '192.0.2.1'],
    ],
  )
  // Question, 2+10+6 octets of CNAME with "web" and a pointer, 2+10+4 of A, OPT.
  assert.equal(octets.length, 12 + 21 + 18 + 16 + 11)
})

test('RDATA with names is decompressed, recompressed for RFC 1035 types alone', () => {
  const mx = answer(encode('example.org', 'MX'), {
    answers: [{ name: 'example.org', type: 'MX', data: { preference: 5, exchange: 'mx.example.org' } }],
  })
  assert.deepEqual(decode(mx).answers?.[0]?.data, { preference: 5, exchange: 'mx.example.org' })
  assert.equal(mx.length, 12 + 17 + 12 + 2 + 5 + 11)
  const data = { priority: 1, weight: 2, port: 3, target: 'h.example.org' }
  const srv = answer(encode('example.org', 'SRV'), { answers: [{ name: 'example.org', type: 'SRV', data }] })
  assert.deepEqual(decode(srv).answers?.[0]?.data, data)
  assert.equal(srv.length, 12 + 17 + 12 + 6 + 15 + 11)
})

test('compressed names in SRV come out whole, also where they point to what is not copied', () => {
  const octets = encode('example.org', 'SRV')
  const question = { name: parseName('example.org'), type: TYPE.SRV, dnssecOk: false }
  const start = respond(question, {})
  const opaque = Buffer.from('c00c0010000100000005000603687474c00c', 'hex')
  const service = Buffer.from('c00c00210001000000050008000100020003c000', 'hex')
  service[service.length - 1] = start.length + 12
  const response = Buffer.concat([start, opaque, service])
  response.writeUInt16BE(2, 6)
  const { template } = decodeAnswer(response, question)
  const length = writeAnswer(octets, read(octets), template, 5, 'udp', reply)
  assert.deepEqual(decode(reply.slice(0, length)).answers?.[0]?.data, { priority: 1, weight: 2, port: 3, target: 'htt.example.org' })
})

test('what stands beyond the reach of a pointer is not pointed to (RFC 1035 section 4.1.4)', () => {
  const exchanges = Array.from({ length: 1200 }, (_, index) => `m${index % 600}.${'x'.repeat(20)}${index % 600}`)
  const answers = exchanges.map((exchange, preference) => ({ name: 'a.b', type: 'MX' as const, data: { preference, exchange } }))
  const octets = answer(encode('a.b', 'MX'), { answers }, 5, 'tcp')
  assert.deepEqual(
    decode(octets).answers?.map(({ data }) => Object(data).exchange),
    exchanges,
  )
})

test('unknown types are copied as they are', () => {
  const question = { name: parseName('example.org'), type: 65_280, dnssecOk: false }
  const response = Buffer.concat([respond(question, {}), Buffer.from('c00cff000001000000050003c00c07', 'hex')])
  response.writeUInt16BE(1, 6)
  assert.equal(Buffer.from(decodeAnswer(response, question).template.octets).toString('hex'), 'c00cff000001000000000003c00c07')
})

test('the spelling of names in RDATA is kept', () => {
  const octets = answer(encode('1.2.0.192.in-addr.arpa', 'PTR'), {
    answers: [{ name: '1.2.0.192.in-addr.arpa', type: 'PTR', data: 'Host.Example.ORG' }],
  })
  assert.equal(decode(octets).answers?.[0]?.data, 'Host.Example.ORG')
})

test('a negative answer of upstream brings its SOA', () => {
  const decoded = decode(answer(encode('x.example.org', 'A'), { authorities: [soa('example.org')] }, 33))
  assert.deepEqual(
    decoded.authorities?.map(({ name, type, ttl }) => [name, type, ttl]),
    [['example.org', 'SOA', 33]],
  )
})

test('what does not fit is truncated: 512 octets without OPT, what the client can take up to 1232 with, 65535 over TCP', () => {
  const records = (count: number): PacketRecord[] => Array.from({ length: count }, (_, index) => a('a.b', `192.0.2.${index}`))
  const sizes = (octets: Uint8Array) => {
    const { answers, flag_tc } = decode(octets)
    return [answers?.length, flag_tc]
  }
  const without = encode('a.b', 'A', false)
  const question = 12 + 9
  const fitting = Math.floor((512 - question) / 16)
  assert.deepEqual(sizes(answer(without, { answers: records(fitting) })), [fitting, false])
  assert.deepEqual(sizes(answer(without, { answers: records(fitting + 1) })), [0, true])
  assert.deepEqual(sizes(answer(without, { answers: records(fitting + 1) }, 1, 'tcp')), [fitting + 1, false])
  const most = Math.floor((1232 - 11 - question) / 16)
  const large = encode('a.b', 'A')
  large[large.length - 8] = 0xff // a payload of 65,000 and more
  assert.deepEqual(sizes(answer(large, { answers: records(most) })), [most, false])
  assert.deepEqual(sizes(answer(large, { answers: records(most + 1) })), [0, true])
  // One octet more of question, and OPT has no room.
  const octetMore = records(most).map((record) => ({ ...record, name: 'a.bc' }))
  assert.deepEqual(sizes(answer(encode('a.bc', 'A'), { answers: octetMore })), [0, true])
})

test('the largest negative reply fits 512 octets', () => {
  const name = [63, 63, 63, 61].map((octets) => 'x'.repeat(octets)).join('.')
  const query = encode(name, 'A')
  const question = read(query)
  question.edns.replyCookie = createCookieIssuer()(new Uint8Array(8), parseAddress('192.0.2.1')!, 0)
  const length = writeNegative(query, question, RCODE.NXDOMAIN, createExplanation(15, 'y'.repeat(500)).option, reply)
  assert.ok(length <= 512, `${length}`)
})
