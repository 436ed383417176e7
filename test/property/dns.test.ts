// The wire format against garbage, and against codecs that are not ours.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet, { type PacketRecord } from 'dns-packet'
import { Packet } from 'dns2'
import fc from 'fast-check'
import { remainingSeconds } from '../../src/cache/cache.ts'
import { decodeAnswer, type Question } from '../../src/dns/answer.ts'
import { ClientQuery } from '../../src/dns/client-query.ts'
import { type Name, parseName, WireError } from '../../src/dns/name.ts'
import { encodeQuery, MOST_QUERY_OCTETS } from '../../src/dns/query.ts'
import { writeAnswer } from '../../src/dns/reply.ts'
import { matchesQuery, RcodeError } from '../../src/dns/response.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { PENDING } from '../../src/resolver/resolver.ts'
import { a, CLIENT, cname, createWorld, decode, encode, respond, soa } from '../resolver/world.ts'

const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/)
const name = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join('.'))
/** Names in RDATA share spelling with the owner they are compressed against, so only one spelling of each comes back as it went in (RFC 4343). */
const lowerCaseName = name.map((each) => each.toLowerCase())
const reply = new Uint8Array(65_535)
const query = new ClientQuery()

/** A message with some octets changed, cut, or added. */
function mutated(message: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 })
  return fc.tuple(message, changes, fc.option(fc.nat(600)), fc.uint8Array({ maxLength: 30 })).map(([octets, edits, cut, tail]) => {
    const copy = Uint8Array.from([...octets, ...tail])
    for (const [at, octet] of edits) copy[at % copy.length] = octet
    return cut === null ? copy : copy.subarray(0, cut)
  })
}

test('whatever comes as a query is judged without throwing, and answered sanely', () => {
  const { resolver, askerOf } = createWorld(['*.org'], (question) => respond(question, {}))
  const garbage = fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated(name.map((owner) => encode(owner, 'A'))))
  fc.assert(
    fc.property(garbage, (octets) => {
      const length = resolver.answer(octets, octets.length, askerOf(CLIENT)!, reply, 'udp')
      if (length === PENDING || length === 0) return
      assert.ok(length >= 12 && length <= 1232)
      assert.equal(reply[2]! & 0x80, 0x80)
      decode(reply.slice(0, length))
    }),
    { numRuns: 3000 },
  )
})

test('whatever comes as a response is decoded or refused with WireError or RcodeError', () => {
  const answers = name.map((owner) => [cname('q.example.org', owner), a(owner, '192.0.2.1'), a(owner, '192.0.2.2')])
  const question: Question = { name: parseName('q.example.org'), type: TYPE.A, dnssecOk: true }
  const responses = answers.map((records) => respond(question, { answers: records, authorities: [soa('example.org')] }))
  fc.assert(
    fc.property(fc.oneof(mutated(responses), fc.uint8Array({ maxLength: 300 })), (octets) => {
      try {
        const { template, addresses } = decodeAnswer(octets, question)
        assert.ok(template.octets.length < 65_535 && addresses.length <= 65_535)
      } catch (error) {
        if (!(error instanceof WireError || error instanceof RcodeError)) throw error
      }
    }),
    { numRuns: 3000 },
  )
})

test('our reading of a query agrees with dns-packet', () => {
  fc.assert(
    fc.property(name, fc.constantFrom('A', 'AAAA', 'MX', 'TXT', 'SRV', 'CAA'), fc.boolean(), (owner, type, edns) => {
      const octets = encode(owner, type, edns)
      assert.equal(query.read(octets, octets.length), 'accept')
      assert.deepEqual([query.name, query.type, query.edns.present], [owner.toLowerCase(), TYPE[type as 'A'], edns])
    }),
  )
})

test('dns-packet reads our queries, and its responses match them', () => {
  const target = new Uint8Array(MOST_QUERY_OCTETS)
  fc.assert(
    fc.property(name, fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(65_535), (owner, caseBits, id) => {
      const asked = { id, name: parseName(owner), type: TYPE.TXT, randomizeCase: true, dnssecOk: false }
      const octets = target.slice(0, encodeQuery(asked, asked, target, caseBits))
      const { questions = [] } = decode(octets)
      assert.deepEqual([questions[0]?.name.toLowerCase(), questions[0]?.type], [asked.name, 'TXT'])
      const response = packet.encode({ type: 'response', id, questions })
      assert.equal(matchesQuery(response, response.length, octets), true)
    }),
  )
})

const address = fc.ipV4().map((data) => ({ type: 'A', data }))
const text = fc
  .array(fc.stringMatching(/^[a-z ]{1,30}$/), { minLength: 1, maxLength: 3 })
  .map((data) => ({ type: 'TXT', data: data.map((one) => Buffer.from(one)) }))
const exchange = fc
  .tuple(lowerCaseName, fc.nat(65_535))
  .map(([target, preference]) => ({ type: 'MX', data: { preference, exchange: target } }))
const service = fc
  .tuple(lowerCaseName, fc.nat(65_535))
  .map(([target, port]) => ({ type: 'SRV', data: { priority: 1, weight: 2, port, target } }))
const start = fc
  .tuple(lowerCaseName, lowerCaseName, fc.nat())
  .map(([mname, rname, serial]) => ({ type: 'SOA', data: { mname, rname, serial, refresh: 1, retry: 2, expire: 3, minimum: 4 } }))
const rrset = fc.oneof(
  ...[address, text, exchange, service, start].map((record) =>
    fc.array(record as fc.Arbitrary<{ type: string; data: unknown }>, { minLength: 1, maxLength: 5 }),
  ),
)

test('what dns-packet encodes comes through our chain, compression and reply unchanged', () => {
  fc.assert(
    fc.property(lowerCaseName, fc.array(name, { maxLength: 5 }), rrset, (owner, targets, records) => {
      const owners = [...new Set([owner, ...targets].map((one) => one.toLowerCase()))]
      const chain = owners.slice(1).map((target, index) => cname(owners[index]!, target))
      const answers: PacketRecord[] = [...chain, ...records.map((record) => ({ ...record, name: owners.at(-1)!, ttl: 300 }))]
      const type = TYPE[records[0]!.type as 'A']
      const question: Question = { name: owners[0] as Name, type, dnssecOk: false }
      const { template } = decodeAnswer(respond(question, { answers }), question)
      const octets = encode(owners[0]!, records[0]!.type)
      query.read(octets, octets.length)
      const length = writeAnswer(octets, query, template, 300, 'tcp', reply)
      const expected = decode(packet.encode({ type: 'response', answers })).answers
      assert.deepEqual(decode(reply.slice(0, length)).answers, expected)
      const uncompressed = packet.encode({ type: 'response', answers }).length + octets.length
      assert.ok(length <= uncompressed)
    }),
    { numRuns: 300 },
  )
})

test('the TTL of a cached answer never grows, however time passes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 400 }),
      fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 20 }),
      async (ttl, steps) => {
        const { ask, askAtOnce, pass } = createWorld(['example.org'], (question) =>
          respond(question, { answers: [a('example.org', '192.0.2.1', ttl)] }),
        )
        let last = (await ask('example.org')).answers![0]!.ttl!
        assert.ok(last <= Math.min(ttl, 300))
        for (const step of steps) {
          pass(step / 1000)
          const next = askAtOnce('example.org')?.answers?.[0]?.ttl
          if (next === undefined) return
          assert.ok(next <= last)
          last = next
        }
      },
    ),
    { numRuns: 50 },
  )
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (end, now, later) => remainingSeconds(end, now + later) <= remainingSeconds(end, now)),
  )
})

test('our reading of queries and responses agrees with dns2', () => {
  fc.assert(
    fc.property(name, name, fc.ipV4(), (owner, target, data) => {
      fc.pre(owner.toLowerCase() !== target.toLowerCase())
      const asked = new Packet()
      asked.header.rd = 1
      asked.questions.push(new Packet.Question(owner, Packet.TYPE.A, Packet.CLASS.IN))
      const octets = asked.toBuffer()
      assert.equal(query.read(octets, octets.length), 'accept')
      assert.equal(query.name, owner.toLowerCase())
      const response = Packet.createResponseFromRequest(Packet.parse(octets))
      response.answers.push(new Packet.Resource({ name: owner, type: Packet.TYPE.CNAME, class: Packet.CLASS.IN, ttl: 9, domain: target }))
      response.answers.push(new Packet.Resource({ name: target, type: Packet.TYPE.A, class: Packet.CLASS.IN, ttl: 8, address: data }))
      const answer = decodeAnswer(response.toBuffer(), { name: query.name, type: TYPE.A, dnssecOk: false })
      assert.deepEqual([answer.addresses, answer.ttlSeconds], [[data], 8])
      const length = writeAnswer(octets, query, answer.template, 7, 'udp', reply)
      const read = Packet.parse(Buffer.from(reply.slice(0, length)))
      assert.deepEqual(
        read.answers.map((record) => [record.name, record.ttl, 'domain' in record ? record.domain : Object(record).address]),
        [
          [owner, 7, target],
          [target, 7, data],
        ],
      )
    }),
  )
})
