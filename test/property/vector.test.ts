import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { Packet } from 'dns2'
import { decodeAnswer, type Question } from '../../src/dns/answer.ts'
import { ClientQuery } from '../../src/dns/client-query.ts'
import { readCookie } from '../../src/dns/cookie.ts'
import { parseName, WireError } from '../../src/dns/name.ts'
import { isBadCookie, matchesQuery, RcodeError } from '../../src/dns/response.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { PENDING } from '../../src/resolver/resolver.ts'
import { CLIENT, createWorld, respond } from '../resolver/world.ts'
import { QUERIES, RESPONSES } from './vector.ts'

const QUESTION: Question = { name: parseName('a.example'), type: TYPE.A, dnssecOk: true }

for (const { what, octets, refused } of RESPONSES)
  test(`a response: ${what}${refused === undefined ? '' : ' is refused'}`, () => {
    if (refused === undefined) decodeAnswer(octets, QUESTION)
    else
      assert.throws(
        () => decodeAnswer(octets, QUESTION),
        (error) => (error instanceof WireError || error instanceof RcodeError) && refused.test(error.message),
      )
  })

for (const { what, octets } of QUERIES)
  test(`a query: ${what} is FORMERR, ignored, or answered`, () => {
    const { resolver, askerOf } = createWorld(['a.example'], (question) => respond(question, {}))
    const reply = Buffer.alloc(65_535)
    const length = resolver.answer(octets, octets.length, askerOf(CLIENT)!, reply, 'udp')
    if (length > 0) assert.ok(reply[2]! & 0x80 && length <= 512)
    else assert.ok(length === 0 || length === PENDING)
  })

test('no decoder of ours throws what is not its own, whatever it is given', () => {
  const query = new ClientQuery()
  for (const { octets } of [...RESPONSES, ...QUERIES]) {
    query.read(octets, octets.length)
    readCookie(octets)
    isBadCookie(octets)
    matchesQuery(octets, octets.length, RESPONSES[0]!.octets)
    try {
      decodeAnswer(octets, QUESTION)
    } catch (error) {
      assert.ok(error instanceof WireError || error instanceof RcodeError, String(error))
    }
  }
})

/** Where another codec takes what we refuse, or the other way round, and who says so. */
const DISAGREEMENTS: readonly (readonly ['dns-packet' | 'dns2', string, string])[] = [
  ['dns2', 'an owner that points forward', 'RFC 1035 section 4.1.4: a pointer leads to a prior occurrence'],
  ['dns-packet', 'RDLENGTH beyond the end', 'RFC 1035 section 3.2.1: RDLENGTH octets of RDATA follow'],
  ['dns-packet', 'an address of three octets', 'RFC 1035 section 3.4.1: 32 bits'],
  ['dns-packet', 'an address of no octets', 'RFC 1035 section 3.4.1: 32 bits'],
  ['dns-packet', 'an alias whose target runs out of its RDATA', 'RFC 1035 section 3.2.1: RDLENGTH says how long RDATA is'],
  ['dns-packet', 'an alias to itself', 'RFC 1034 section 3.6.2: loops are to be detected; a codec alone need not'],
  ['dns2', 'an alias to itself', 'RFC 1034 section 3.6.2: loops are to be detected; a codec alone need not'],
  ['dns-packet', 'an extended RCODE of 16', 'RFC 6891 section 6.1.3: the upper bits of the RCODE are in OPT'],
  ['dns2', 'an extended RCODE of 16', 'RFC 6891 section 6.1.3: the upper bits of the RCODE are in OPT'],
  [
    'dns2',
    'an OPT that promises options',
    'nothing of it is used, and the records before it stand; one of ours is read by readCookie, which refuses it',
  ],
]

const CODECS = {
  'dns-packet': (octets: Buffer) => void packet.decode(octets),
  dns2: (octets: Buffer) => {
    const [error] = Packet.parse(octets).errors
    if (error !== undefined) throw error
  },
} as const

for (const [codec, decode] of Object.entries(CODECS))
  test(`${codec} takes what we take and refuses what we refuse, but where an RFC is with us`, () => {
    const otherwise = RESPONSES.filter(({ octets, refused }) => isTaken(() => decode(octets)) !== (refused === undefined))
    const known = DISAGREEMENTS.filter(([which]) => which === codec)
    assert.deepEqual(
      otherwise.filter(({ what }) => !known.some(([, beginning]) => what.startsWith(beginning))),
      [],
    )
    assert.equal(otherwise.length, known.length)
  })

test('a TTL with the top bit set is a week to us and more to others (RFC 8767 section 4)', () => {
  const { octets } = RESPONSES.find(({ what }) => what.startsWith('a TTL with the top bit'))!
  assert.equal(decodeAnswer(octets, QUESTION).ttlSeconds, 604_800)
  assert.equal(packet.decode(octets).answers?.[0]?.ttl, 0xffff_ffff)
})

function isTaken(decode: () => void): boolean {
  try {
    decode()
    return true
  } catch {
    return false
  }
}
