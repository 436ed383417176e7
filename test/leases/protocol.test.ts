import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import {
  decodeResolverLine,
  decodeUpdaterLine,
  encodeAnswering,
  encodeFigures,
  encodeGeneration,
  encodeInUse,
  encodeNext,
  encodeReady,
  encodeReplies,
  encodeRequests,
  encodeRevision,
  encodeTaken,
  encodeUpdaterHello,
  FIGURES_LINE,
  MAX_ADDRESSES,
  MOST_FIGURES,
  type OpenReply,
  type OpenRequest,
  PROTOCOL_VERSION,
  ProtocolError,
  RESOLVER_HELLO,
} from '../../src/leases/protocol.ts'
import { parseAddress } from '../../src/net/address.ts'

const REVISION = '0123456789abcdef'
const request = (id: number, changes: Partial<OpenRequest> = {}): OpenRequest => ({
  id,
  revision: REVISION,
  client: parseAddress('10.77.0.2')!,
  name: parseName('a\\.b.example.org'),
  addresses: [parseAddress('192.0.2.1')!, parseAddress('2001:db8::1')!],
  ttlSeconds: 300,
  stale: false,
  ...changes,
})

test('every message of either side is read as it was written', () => {
  assert.deepEqual(decodeResolverLine(RESOLVER_HELLO), { kind: 'hello' })
  assert.deepEqual(decodeResolverLine(encodeReady(REVISION)), { kind: 'ready', revision: REVISION })
  assert.deepEqual(decodeResolverLine(encodeAnswering(REVISION)), { kind: 'answering', revision: REVISION })
  const requests = [request(1), request(2, { ttlSeconds: 0 })]
  assert.deepEqual(decodeResolverLine(encodeRequests(requests)), { kind: 'open', requests })
  const replies: OpenReply[] = [
    { id: 1, kind: 'open', leaseSeconds: 360 },
    { id: 2, kind: 'refused', reason: 'address', message: 'no "private"' },
  ]
  assert.deepEqual(decodeUpdaterLine(encodeReplies(replies)), { kind: 'replies', replies })
  assert.deepEqual(decodeUpdaterLine(encodeUpdaterHello(REVISION, 7)), { kind: 'hello', revision: REVISION, generation: 7 })
  assert.deepEqual(decodeUpdaterLine(encodeNext(REVISION)), { kind: 'next', revision: REVISION })
  assert.deepEqual(decodeUpdaterLine(encodeRevision(REVISION)), { kind: 'revision', revision: REVISION })
  const names = [{ client: parseAddress('10.77.0.2')!, name: parseName('example.org'), family: 6 as const }]
  assert.deepEqual(decodeUpdaterLine(encodeInUse(names)), { kind: 'in-use', names })
  assert.deepEqual(decodeUpdaterLine(encodeTaken(4711)), { kind: 'taken', pid: 4711 })
  assert.deepEqual(decodeUpdaterLine(encodeGeneration(9)), { kind: 'generation', generation: 9 })
  assert.deepEqual(decodeResolverLine(FIGURES_LINE), { kind: 'figures' })
  const figures = { leases: 12, 'commit.counts': [3, 0, 1] }
  assert.deepEqual(decodeUpdaterLine(encodeFigures(figures)), { kind: 'figures', figures })
})

test('a batch that does not fit in one line becomes several, none too long, none of it lost', () => {
  const addresses = Array.from({ length: 4000 }, (_, n) => parseAddress(`10.1.${n >> 8}.${n & 255}`)!)
  const requests = Array.from({ length: 40 }, (_, id) => request(id, { addresses }))
  const lines = encodeRequests(requests).split('\n').slice(0, -1)
  assert.ok(lines.length > 1 && lines.every((line) => line.length < 1024 * 1024))
  const decoded = lines.map(decodeResolverLine).flatMap((message) => (message.kind === 'open' ? message.requests : []))
  assert.deepEqual(
    decoded.map(({ id }) => id),
    requests.map(({ id }) => id),
  )
})

const line = (changes: object): string => JSON.stringify({ open: [{ ...request(1), ...changes }] })
const FORBIDDEN_BY_RESOLVER: Readonly<Record<string, string>> = {
  'no JSON': '{"open"',
  'no object': '[]',
  null: 'null',
  'nothing at all': '{}',
  'two messages in one': `{"figures":true,"hello":{"protocol":${PROTOCOL_VERSION}}}`,
  'an unknown message': '{"close":[]}',
  'an inherited word': '{"__proto__":{}}',
  'another protocol version': `{"hello":{"protocol":${PROTOCOL_VERSION + 1}}}`,
  'a revision that is none': '{"ready":1}',
  'an answering that is no revision': '{"answering":true}',
  'an empty batch': '{"open":[]}',
  'a batch that is no list': '{"open":{}}',
  'a request that is no object': '{"open":[null]}',
  'an unknown field': line({ ports: ['tcp/22'] }),
  'a missing field': line({ revision: undefined }),
  'a negative id': line({ id: -1 }),
  'a fractional id': line({ id: 1.5 }),
  'an id that is a text': line({ id: '1' }),
  'a short revision': line({ revision: '0123' }),
  'a revision in capitals': line({ revision: REVISION.toUpperCase() }),
  'a client that is no address': line({ client: 'reviewer-7' }),
  'a client in another spelling': line({ client: '2001:DB8::1' }),
  'a name in capitals': line({ name: 'Example.org' }),
  'a name with a final dot': line({ name: 'example.org.' }),
  'a name with an empty label': line({ name: 'example..org' }),
  'a name of 70 characters a label': line({ name: 'x'.repeat(70) }),
  'a name that is no text': line({ name: 7 }),
  'no addresses': line({ addresses: [] }),
  'too many addresses': line({ addresses: Array.from({ length: MAX_ADDRESSES + 1 }, () => '192.0.2.1') }),
  'a prefix for an address': line({ addresses: ['192.0.2.0/24'] }),
  'a zone id': line({ addresses: ['fe80::1%eth0'] }),
  'leading zeros': line({ addresses: ['192.0.2.01'] }),
  'a negative TTL': line({ ttlSeconds: -1 }),
  'a TTL of 32 bits': line({ ttlSeconds: 2 ** 31 }),
  'a TTL that is null': line({ ttlSeconds: null }),
}

for (const [what, text] of Object.entries(FORBIDDEN_BY_RESOLVER)) {
  test(`the updater does not accept ${what}`, () => {
    assert.throws(() => decodeResolverLine(text), ProtocolError)
  })
}

const FORBIDDEN_BY_UPDATER: readonly string[] = [
  `{"hello":{"protocol":${PROTOCOL_VERSION}}}`,
  `{"hello":{"protocol":${PROTOCOL_VERSION + 1},"revision":"${REVISION}","generation":1}}`,
  `{"hello":{"protocol":${PROTOCOL_VERSION},"revision":"${REVISION}","generation":-1}}`,
  '{"replies":[]}',
  '{"replies":[null]}',
  '{"replies":[{"id":1,"kind":"open"}]}',
  '{"replies":[{"id":1,"kind":"open","leaseSeconds":1e99}]}',
  '{"replies":[{"id":1,"kind":"maybe"}]}',
  '{"replies":[{"id":1,"kind":"refused","reason":"mood","message":""}]}',
  '{"replies":[{"id":1,"kind":"refused","reason":"policy","message":7}]}',
  '{"revision":"x"}',
  '{"generation":"1"}',
]

test('the resolver does not accept what the page does not say either', () => {
  for (const text of FORBIDDEN_BY_UPDATER) assert.throws(() => decodeUpdaterLine(text), ProtocolError, text)
})

test('figures are numbers and lists of numbers, and not too many', () => {
  for (const figures of ['7', '[1]', '{"a":"1"}', '{"a":[1,"2"]}', '{"a":{"b":1}}', '{"a":null}'])
    assert.throws(() => decodeUpdaterLine(`{"figures":${figures}}`), ProtocolError, figures)
  const many = Object.fromEntries(Array.from({ length: MOST_FIGURES + 1 }, (_, index) => [`k${index}`, index]))
  assert.throws(() => decodeUpdaterLine(JSON.stringify({ figures: many })), /figures: expected at most 256, got 257/)
  assert.throws(() => decodeResolverLine('{"figures":1}'), /figures: expected true, got 1/)
})

test('the error shows what was expected and got, and not megabytes of it', () => {
  assert.throws(
    () => decodeResolverLine(line({ name: 'A'.repeat(10_000) })),
    (error: Error) => /^name: expected a canonical name, got "AAA/.test(error.message) && error.message.length < 200,
  )
})
