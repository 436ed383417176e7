import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import {
  decodeResolverFrame,
  decodeUpdaterFrame,
  encodeAnswering,
  encodeFigures,
  encodeGeneration,
  encodeInUse,
  encodeNext,
  encodeReady,
  encodeRevision,
  encodeTaken,
  encodeUpdaterHello,
  FIGURES_LINE,
  MOST_FIGURES,
  PROTOCOL_VERSION,
  ProtocolError,
  RESOLVER_HELLO,
} from '../../src/leases/protocol.ts'
import { parseAddress } from '../../src/net/address.ts'

const REVISION = '0123456789abcdef'

test('every line of either side is read as it was written', () => {
  assert.deepEqual(decodeResolverFrame(RESOLVER_HELLO), { kind: 'hello' })
  assert.deepEqual(decodeResolverFrame(encodeReady(REVISION)), { kind: 'ready', revision: REVISION })
  assert.deepEqual(decodeResolverFrame(encodeAnswering(REVISION)), { kind: 'answering', revision: REVISION })
  assert.deepEqual(decodeUpdaterFrame(encodeUpdaterHello(REVISION, 7)), { kind: 'hello', revision: REVISION, generation: 7 })
  assert.deepEqual(decodeUpdaterFrame(encodeNext(REVISION)), { kind: 'next', revision: REVISION })
  assert.deepEqual(decodeUpdaterFrame(encodeRevision(REVISION)), { kind: 'revision', revision: REVISION })
  const names = [{ client: parseAddress('10.77.0.2')!, name: parseName('example.org'), family: 6 as const }]
  assert.deepEqual(decodeUpdaterFrame(encodeInUse(names)), { kind: 'in-use', names })
  assert.deepEqual(decodeUpdaterFrame(encodeTaken(4711)), { kind: 'taken', pid: 4711 })
  assert.deepEqual(decodeUpdaterFrame(encodeGeneration(9)), { kind: 'generation', generation: 9 })
  assert.deepEqual(decodeResolverFrame(FIGURES_LINE), { kind: 'figures' })
  const figures = { leases: 12, 'commit.counts': [3, 0, 1] }
  assert.deepEqual(decodeUpdaterFrame(encodeFigures(figures)), { kind: 'figures', figures })
})

test('names in use that do not fit in one line become several, none too long, none of them lost', () => {
  const client = parseAddress('10.77.0.2')!
  const names = Array.from({ length: 20_000 }, (_, n) => ({
    client,
    name: parseName(`${'x'.repeat(60)}.n${n}.example`),
    family: 4 as const,
  }))
  const lines = encodeInUse(names).split('\n').slice(0, -1)
  assert.ok(lines.length > 1 && lines.every((line) => line.length < 1024 * 1024))
  const decoded = lines.map(decodeUpdaterFrame).flatMap((message) => (message.kind === 'in-use' ? message.names : []))
  assert.deepEqual(decoded, names)
})

const inUse = (changes: object): string => JSON.stringify({ inUse: [{ client: '10.77.0.2', name: 'example.org', family: 4, ...changes }] })
const FORBIDDEN_BY_RESOLVER: Readonly<Record<string, string>> = {
  'no JSON': '{"figures"',
  'no object': '[]',
  null: 'null',
  'nothing at all': '{}',
  'two messages in one': `{"figures":true,"hello":{"protocol":${PROTOCOL_VERSION}}}`,
  'an unknown message': '{"close":[]}',
  'requests in a line': '{"open":[]}',
  'an inherited word': '{"__proto__":{}}',
  'another protocol version': `{"hello":{"protocol":${PROTOCOL_VERSION + 1}}}`,
  'no protocol version': '{"hello":{}}',
  'a question for figures that is not true': '{"figures":1}',
  'a readiness that is no revision': '{"ready":true}',
  'an answering that is no revision': '{"answering":true}',
  'a short revision': '{"answering":"0123"}',
  'a revision in capitals': `{"answering":"${REVISION.toUpperCase()}"}`,
}

for (const [what, text] of Object.entries(FORBIDDEN_BY_RESOLVER)) {
  test(`the updater does not accept ${what}`, () => {
    assert.throws(() => decodeResolverFrame(text), ProtocolError)
  })
}

const FORBIDDEN_BY_UPDATER: readonly string[] = [
  `{"hello":{"protocol":${PROTOCOL_VERSION}}}`,
  `{"hello":{"protocol":${PROTOCOL_VERSION + 1},"revision":"${REVISION}","generation":1}}`,
  `{"hello":{"protocol":${PROTOCOL_VERSION},"revision":"${REVISION}","generation":-1}}`,
  '{"inUse":[]}',
  '{"inUse":{}}',
  '{"inUse":[null]}',
  inUse({ port: 1 }),
  inUse({ name: undefined }),
  inUse({ name: 7 }),
  inUse({ name: 'Example.org' }),
  inUse({ client: 'reviewer-7' }),
  inUse({ client: '2001:DB8::1' }),
  inUse({ family: 5 }),
  '{"revision":"x"}',
  '{"generation":"1"}',
]

test('the resolver does not accept what the page does not say either', () => {
  for (const text of FORBIDDEN_BY_UPDATER) assert.throws(() => decodeUpdaterFrame(text), ProtocolError, text)
})

test('figures are numbers and lists of numbers, and not too many', () => {
  for (const figures of ['7', '[1]', '{"a":"1"}', '{"a":[1,"2"]}', '{"a":{"b":1}}', '{"a":null}'])
    assert.throws(() => decodeUpdaterFrame(`{"figures":${figures}}`), ProtocolError, figures)
  const many = Object.fromEntries(Array.from({ length: MOST_FIGURES + 1 }, (_, index) => [`k${index}`, index]))
  assert.throws(() => decodeUpdaterFrame(JSON.stringify({ figures: many })), /figures: expected at most 2304, got 2305/)
  assert.throws(() => decodeResolverFrame('{"figures":1}'), /figures: expected true, got 1/)
})

test('of another version both sides say which they speak, and how to mend it', () => {
  const message = new RegExp(`this side speaks version ${PROTOCOL_VERSION} of the protocol, the other 3: restart resolver and updater`)
  assert.throws(() => decodeResolverFrame('{"hello":{"protocol":3}}'), message)
  assert.throws(() => decodeResolverFrame('{"hello":{"protocol":3,"since":"then"}}'), message)
  assert.throws(() => decodeUpdaterFrame('{"hello":{"protocol":3}}'), message)
  assert.throws(() => decodeUpdaterFrame(`{"hello":{"protocol":3,"revision":"${REVISION}","generation":1}}`), message)
})

test('the error shows what was expected and got, and not megabytes of it', () => {
  assert.throws(
    () => decodeUpdaterFrame(inUse({ name: 'A'.repeat(10_000) })),
    (error: Error) => /^name: expected a canonical name, got "AAA/.test(error.message) && error.message.length < 200,
  )
})

test('whatever is nested in a line, however deeply, is an error like any other', () => {
  const nested = `${'['.repeat(500_000)}${']'.repeat(500_000)}`
  for (const line of [nested, `{"hello":${nested}}`, `{"hello":{"protocol":${nested}}}`, `{"ready":${nested}}`, `{"figures":${nested}}`]) {
    assert.throws(() => decodeResolverFrame(line), ProtocolError)
    assert.throws(() => decodeUpdaterFrame(line), ProtocolError)
  }
  assert.throws(() => decodeResolverFrame('{"ready":[1,2]}'), /revision: expected 16 hexadecimal digits, got a list of 2$/)
  assert.throws(() => decodeResolverFrame('{"hello":{"version":5}}'), /expected exactly protocol, got an object of version$/)
})
