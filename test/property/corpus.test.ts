// Our reading of what real servers write, against two codecs that are not ours.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { Packet } from 'dns2'
import { type Answer, decodeAnswer } from '../../src/dns/answer.ts'
import { followChain } from '../../src/dns/chain.ts'
import { ClientQuery } from '../../src/dns/client-query.ts'
import { decodeName, parseName } from '../../src/dns/name.ts'
import { writeAnswer } from '../../src/dns/reply.ts'
import { matchesQuery } from '../../src/dns/response.ts'
import { parseType, typeName } from '../../src/dns/vocabulary.ts'
import { parseAddress } from '../../src/net/address.ts'
import { type Captured, captureCorpus } from './corpus.ts'

interface Read {
  readonly name: string
  readonly type: string
  readonly ttl: number
  /** All else, as the codec tells it. */
  readonly rest: unknown
}

interface Witness {
  readonly codec: string
  answers(message: Buffer): Read[]
  /** The address or the alias's target of what it has read; undefined for other types. */
  target(record: Read): string | undefined
}

const WITNESSES: readonly Witness[] = [
  {
    codec: 'dns-packet',
    answers: (message) =>
      (packet.decode(message).answers ?? []).map(({ name, type, ttl = 0, data }) => ({ name, type: plainType(type), ttl, rest: data })),
    target: ({ rest }) => (typeof rest === 'string' ? rest : undefined),
  },
  {
    codec: 'dns2',
    answers: (message) =>
      (Packet.parse(message) as unknown as { answers: Record<string, unknown>[] }).answers.map(({ name, type, ttl, ...rest }) => ({
        name: String(name),
        type: typeName(Number(type)),
        ttl: Number(ttl),
        rest,
      })),
    target: ({ rest }) => Object(rest).address ?? Object(rest).domain,
  },
]

/**
 * Names that a codec shows otherwise than we do, and why we are right: octets above 127 are no characters (RFC 4343 section 2.1), a dot
 * inside a label is not one between labels (RFC 1035 section 5.1). Both write the label's octets into the text as they are.
 */
const SHOWN_OTHERWISE: ReadonlySet<string> = new Set(['\\000\\.\\200.example'])

/** No TTL counts as longer (RFC 8767 section 4). */
const WEEK_SECONDS = 604_800

const corpus = await captureCorpus()
const query = new ClientQuery()
const reply = Buffer.alloc(65_535)

/** "UNKNOWN_65" of dns-packet. */
function plainType(type: string): string {
  return type.startsWith('UNKNOWN_') ? typeName(Number(type.slice('UNKNOWN_'.length))) : type
}

/** The records from the question to the end of its aliases, by what the witness has read. */
function chainOf(witness: Witness, { name, type }: Captured, records: readonly Read[]): Read[] {
  const chain: Read[] = []
  for (let owner = parseName(name).toLowerCase(); ; ) {
    const of = (wanted: string) => records.filter((record) => record.name.toLowerCase() === owner && record.type === wanted)
    const rrset = of(type)
    if (rrset.length > 0) return [...chain, ...rrset]
    const [alias] = of('CNAME')
    if (alias === undefined) return chain
    chain.push(alias)
    owner = witness.target(alias)!.toLowerCase()
  }
}

function decode({ name, type, dnssecOk, response }: Captured): Answer {
  return decodeAnswer(response, { name: parseName(name), type: parseType(type)!, dnssecOk })
}

/** Our reply to the query that was captured. */
function replyOf(captured: Captured, answer: Answer): Buffer {
  assert.equal(query.read(captured.query, captured.query.length), 'accept')
  const length = writeAnswer(captured.query, query, answer.template, answer.ttlSeconds, 'tcp', reply)
  return Buffer.from(reply.subarray(0, length))
}

const withoutTtl = (records: readonly Read[]) => records.map(({ ttl: _, ...record }) => record)

test('the corpus has three makers, positive and negative answers, aliases, and a type that nobody knows', () => {
  assert.deepEqual([...new Set(corpus.map(({ maker }) => maker))], ['NSD', 'Knot', 'Unbound'])
  const kinds = new Set(corpus.map((captured) => decode(captured).kind))
  assert.deepEqual([...kinds].sort(), ['data', 'nodata', 'nxdomain'])
  assert.ok(corpus.length > 150)
})

test('each response matches its query, letter case included', () => {
  for (const { query: asked, response, maker, name } of corpus)
    assert.ok(matchesQuery(response, response.length, asked), `${maker} ${name}`)
})

for (const witness of WITNESSES) {
  const told = corpus.filter(({ name }) => !SHOWN_OTHERWISE.has(name))

  test(`${witness.codec} finds the same chain of owners and types`, () => {
    for (const captured of told) {
      const ours = followChain(captured.response, parseType(captured.type)!, captured.dnssecOk).records.map(({ owner, type }) => [
        decodeName(captured.response, owner, captured.response.length).name,
        typeName(type),
      ])
      const theirs = chainOf(witness, captured, witness.answers(captured.response)).map(({ name, type }) => [name.toLowerCase(), type])
      assert.deepEqual(ours, theirs, `${captured.maker} ${captured.name} ${captured.type}`)
    }
  })

  test(`${witness.codec} finds the same addresses, and the same lowest TTL`, () => {
    for (const captured of told) {
      const answer = decode(captured)
      if (answer.kind !== 'data') continue
      const chain = chainOf(witness, captured, witness.answers(captured.response))
      assert.equal(answer.ttlSeconds, Math.min(WEEK_SECONDS, ...chain.map(({ ttl }) => ttl)), captured.name)
      if (captured.type !== 'A' && captured.type !== 'AAAA') continue
      const addresses = chain.filter(({ type }) => type === captured.type).map((record) => parseAddress(witness.target(record)!))
      assert.deepEqual(answer.addresses, addresses, captured.name)
    }
  })

  test(`${witness.codec} reads from our reply what it reads from the response, RDATA included`, () => {
    for (const captured of corpus) {
      const answer = decode(captured)
      const theirs = witness.answers(captured.response)
      const chain = SHOWN_OTHERWISE.has(captured.name) ? theirs : chainOf(witness, captured, theirs)
      assert.deepEqual(
        withoutTtl(witness.answers(replyOf(captured, answer))),
        withoutTtl(chain),
        `${captured.maker} ${captured.name} ${captured.type}`,
      )
    }
  })
}
