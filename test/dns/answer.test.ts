import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Packet, PacketRecord } from 'dns-packet'
import { decodeAnswer, type Question, withoutAddresses } from '../../src/dns/answer.ts'
import { parseName, WireError } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { a, cname, respond, soa } from '../resolver/world.ts'

function question(name: string, type: keyof typeof TYPE = 'A', dnssecOk = false): Question {
  return { name: parseName(name), type: TYPE[type], dnssecOk }
}

function decode(asked: Question, answers: readonly PacketRecord[], rest: Partial<Packet> & { readonly rcodeNumber?: number } = {}) {
  return decodeAnswer(respond(asked, { answers, ...rest }), asked)
}

function fails(message: RegExp, asked: Question, answers: readonly PacketRecord[], rest = {}): void {
  assert.throws(
    () => decode(asked, answers, rest),
    (error) => error instanceof WireError && message.test(error.message),
  )
}

const www = question('www.example.org')

test('the addresses of the RRset are learnt, each once', () => {
  const answer = decode(www, [a('www.example.org', '192.0.2.1'), a('www.example.org', '192.0.2.2'), a('www.example.org', '192.0.2.1')])
  assert.deepEqual([answer.kind, answer.ttlSeconds, answer.addresses], ['data', 300, ['192.0.2.1', '192.0.2.2']])
})

test('a chain is followed in whatever order its records come, with the lowest TTL of all', () => {
  const answer = decode(www, [
    a('c.example.com', '192.0.2.1', 90),
    cname('b.example.net', 'c.example.com', 80),
    cname('WWW.example.org', 'b.example.NET', 85),
  ])
  assert.deepEqual([answer.ttlSeconds, answer.addresses, answer.template.answers], [80, ['192.0.2.1'], 3])
})

test('records beside the chain are not learnt', () => {
  const answer = decode(
    www,
    [
      cname('www.example.org', 'b.example.net'),
      a('b.example.net', '192.0.2.1', 60),
      a('evil.example.net', '192.0.2.66', 1),
      cname('x.y', 'z'),
    ],
    { additionals: [a('b.example.net', '192.0.2.67')], authorities: [a('www.example.org', '192.0.2.68')] },
  )
  assert.deepEqual([answer.ttlSeconds, answer.addresses, answer.template.answers], [60, ['192.0.2.1'], 2])
})

test('a chain that does not reach the records is broken', () => {
  fails(/broken/, www, [a('other.example.org', '192.0.2.1')])
  fails(/broken/, www, [cname('www.example.org', 'b.example.net'), a('c.example.net', '192.0.2.1')])
})

test('sixteen links are followed, seventeen and loops are not', () => {
  const links = (count: number) =>
    Array.from({ length: count }, (_, index) => cname(index === 0 ? 'www.example.org' : `l${index}`, `l${index + 1}`))
  assert.deepEqual(decode(www, [...links(16), a('l16', '192.0.2.1')]).addresses, ['192.0.2.1'])
  fails(/more than 16/, www, [...links(17), a('l17', '192.0.2.1')])
  fails(/more than 16/, www, [cname('www.example.org', 'b'), cname('b', 'www.example.org')])
  fails(/more than 16/, www, [cname('www.example.org', 'www.example.org')])
})

test('of several aliases of one name the first counts (RFC 2181 section 10.1)', () => {
  const answer = decode(www, [cname('www.example.org', 'b'), cname('www.example.org', 'c'), a('b', '192.0.2.1'), a('c', '192.0.2.2')])
  assert.deepEqual([answer.addresses, answer.template.answers], [['192.0.2.1'], 2])
})

test('records of other classes are not there', () => {
  const chaos = (record: PacketRecord) => Object.assign(record, { class: 'CH' as const })
  const answer = decode(www, [
    chaos(a('www.example.org', '192.0.2.66')),
    chaos(cname('www.example.org', 'b')),
    a('www.example.org', '192.0.2.1'),
  ])
  assert.deepEqual([answer.addresses, answer.template.answers], [['192.0.2.1'], 1])
  assert.equal(decode(www, [], { authorities: [chaos(soa('example.org'))] }).ttlSeconds, 0)
})

test('a CNAME asked for is the answer itself', () => {
  const answer = decode(question('www.example.org', 'CNAME'), [cname('www.example.org', 'b'), cname('b', 'c')])
  assert.deepEqual([answer.kind, answer.template.answers], ['data', 1])
})

test('a TTL with the top bit set is a week', () => {
  assert.equal(decode(www, [a('www.example.org', '192.0.2.1', 0x8000_0001)]).ttlSeconds, 604_800)
})

test('NXDOMAIN and NODATA last as long as SOA TTL, MINIMUM and chain allow', () => {
  const nxdomain = decode(www, [], { rcodeNumber: 3, authorities: [soa('example.org', 60, 600)] })
  assert.deepEqual([nxdomain.kind, nxdomain.ttlSeconds, nxdomain.template.authorities], ['nxdomain', 60, 1])
  assert.equal(decode(www, [], { authorities: [soa('example.org', 600, 50)] }).ttlSeconds, 50)
  const chained = decode(www, [cname('www.example.org', 'x.example.net', 40)], { authorities: [soa('example.net')] })
  assert.deepEqual([chained.kind, chained.ttlSeconds, chained.template.answers], ['nodata', 40, 1])
})

test('without an SOA of the zone a negative answer is not cached', () => {
  for (const authorities of [[], [soa('example.com')], [soa('sub.www.example.org')]]) {
    const answer = decode(www, [], { authorities })
    assert.deepEqual([answer.kind, answer.ttlSeconds, answer.template.authorities], ['nodata', 0, 0])
  }
})

test('a referral, a truncated response and NXDOMAIN with an answer are no answers', () => {
  fails(/referral/, www, [], { authorities: [{ name: 'org', type: 'NS', data: 'ns.org' }] })
  fails(/truncated/, www, [a('www.example.org', '192.0.2.1')], { flags: 0x380 })
  fails(/NXDOMAIN/, www, [a('www.example.org', '192.0.2.1')], { rcodeNumber: 3 })
})

test('a response to another question is refused', () => {
  const response = respond(question('www.example.com'), {})
  assert.throws(() => decodeAnswer(response, www), /another question/)
  assert.throws(() => decodeAnswer(respond(www, {}), question('www.example.org', 'AAAA')), /another question/)
  assert.throws(() => decodeAnswer(response.slice(0, 11), www), WireError)
})

test('an address record of the wrong size is malformed', () => {
  const octets = respond(www, { answers: [a('www.example.org', '192.0.2.1')] })
  octets[octets.length - 5] = 3
  assert.throws(() => decodeAnswer(octets.slice(0, -1), www), WireError)
})

test('addresses can be taken out; with none left there is no answer', () => {
  const answer = decode(www, [a('www.example.org', '192.0.2.1'), a('www.example.org', '10.0.0.1'), a('www.example.org', '192.0.2.2')])
  const [first, second, third] = answer.addresses
  const screened = withoutAddresses(answer, www.name, new Set([second!]))
  assert.deepEqual(screened?.addresses, [first, third])
  assert.equal(screened?.template.answers, 2)
  assert.equal(screened?.template.octets.length, 2 * 16)
  assert.equal(withoutAddresses(answer, www.name, new Set(answer.addresses)), undefined)
})

test('what is left after addresses were taken out has its aliases, whatever the case of their names, and neither signatures nor AD', () => {
  const asked = question('www.example.org', 'A', true)
  const signature = {
    type: 'RRSIG' as const,
    name: 'c.example.com',
    ttl: 300,
    data: {
      ...{ typeCovered: 'A', algorithm: 13, labels: 3, originalTTL: 300, expiration: 1_900_000_000, inception: 1_700_000_000, keyTag: 1 },
      ...{ signersName: 'example.com', signature: Buffer.alloc(64) },
    },
  }
  const answers = [cname('WWW.example.org', 'C.example.com'), a('c.example.com', '192.0.2.1'), a('c.example.com', '10.0.0.1'), signature]
  const answer = decode(asked, answers, { flags: 0x1a0 })
  assert.deepEqual([answer.template.answers, answer.template.authentic], [4, true])
  const screened = withoutAddresses(answer, asked.name, new Set([answer.addresses[1]!]))!
  assert.deepEqual([screened.ttlSeconds, screened.addresses, screened.template.authentic], [300, ['192.0.2.1'], false])
  const { template } = decode(question('www.example.org'), answers.slice(0, 2))
  assert.deepEqual([screened.template.octets, screened.template.ttlOffsets], [template.octets, template.ttlOffsets])
})

test('a pointer loop is malformed', () => {
  const octets = respond(www, { answers: [cname('www.example.org', 'b')] })
  const at = octets.length - 3
  const looped = Uint8Array.of(...octets.slice(0, at - 2), 0, 2, 0xc0, at)
  assert.throws(() => decodeAnswer(looped, www), WireError)
})

test('a name of more pointers than it can have labels is malformed: 64 KiB have room for millions of steps', () => {
  const pointer = (target: number) => [0xc0 | (target >> 8), target & 0xff]
  const start = respond(www, { answers: [] })
  start[7] = 2
  const pointers = start.length + 12
  const chained = Array.from({ length: 130 }, (_, index) => pointer(index === 0 ? 12 : pointers + 2 * index - 2)).flat()
  const opaque = [...pointer(12), 0, 10, 0, 1, 0, 0, 0, 0, chained.length >> 8, chained.length & 0xff, ...chained]
  const withOwner = (hops: number) =>
    Uint8Array.of(...start, ...opaque, ...pointer(pointers + 2 * (hops - 2)), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
  assert.deepEqual(decodeAnswer(withOwner(127), www).addresses, ['192.0.2.1'])
  assert.throws(() => decodeAnswer(withOwner(128), www), /more than 127 pointers/)
})
