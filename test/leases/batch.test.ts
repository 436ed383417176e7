// Requests and replies, octet for octet: what one side writes the other reads, and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isName, type Name, parseName } from '../../src/dns/name.ts'
import { MAX_BATCH_OCTETS } from '../../src/leases/frame.ts'
import {
  decodeResolverFrame,
  decodeUpdaterFrame,
  encodeReplies,
  encodeRequests,
  FrameDecoder,
  MAX_ADDRESSES,
  type OpenReply,
  type OpenRequest,
  ProtocolError,
  REFUSAL_REASONS,
} from '../../src/leases/protocol.ts'
import { parseAddress } from '../../src/net/address.ts'

const REVISION = '0123456789abcdef'
const OTHER_REVISION = 'fedcba9876543210'
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
const framesOf = (octets: Uint8Array) => new FrameDecoder().push(octets)
const requestsIn = (octets: Uint8Array) =>
  framesOf(octets)
    .map(decodeResolverFrame)
    .map((message) => (message.kind === 'open' ? message.requests : []))

test('requests are read as they were written, those of each revision together', () => {
  const first = [request(0), request(2 ** 32 - 1, { ttlSeconds: 2 ** 31 - 1, stale: true, client: parseAddress('fd77::2')! })]
  const second = [request(7, { revision: OTHER_REVISION, name: parseName('.'), ttlSeconds: 0 })]
  const third = [request(8, { name: parseName('x'.repeat(63)), addresses: [parseAddress('::ffff:192.0.2.1')!] })]
  assert.deepEqual(requestsIn(encodeRequests([...first, ...second, ...third])), [first, second, third])
  assert.deepEqual(framesOf(encodeRequests([])), [])
})

test('replies are read as they were written', () => {
  const replies: OpenReply[] = [
    { id: 1, kind: 'open', leaseSeconds: 360 },
    ...REFUSAL_REASONS.map((reason, id) => ({ id, kind: 'refused' as const, reason, message: `no "${reason}" – é` })),
  ]
  assert.deepEqual(framesOf(encodeReplies(replies)).map(decodeUpdaterFrame), [{ kind: 'replies', replies }])
})

test('what does not fit in one batch becomes several, none too long, none of it lost', () => {
  const addresses = Array.from({ length: MAX_ADDRESSES }, (_, n) => parseAddress(`2001:db8::${(n + 1).toString(16)}`)!)
  const requests = Array.from({ length: 40 }, (_, id) => request(id, { addresses, name: `${'\\001.'.repeat(126)}\\001` as Name }))
  const octets = encodeRequests(requests)
  assert.ok(framesOf(octets).every(({ length }) => length <= MAX_BATCH_OCTETS))
  assert.deepEqual(requestsIn(octets).flat(), requests)
  const replies = Array.from({ length: 1000 }, (_, id) => ({
    id,
    kind: 'refused' as const,
    reason: 'policy' as const,
    message: '–'.repeat(5000),
  }))
  const said = framesOf(encodeReplies(replies)).map(decodeUpdaterFrame)
  assert.ok(said.length > 1)
  assert.deepEqual(
    said.flatMap((message) => (message.kind === 'replies' ? message.replies.map(({ id }) => id) : [])),
    replies.map(({ id }) => id),
  )
})

/** Where the fields of the one request below stand in its batch. */
const AT = { revision: 5, id: 13, ttlSeconds: 17, stale: 21, client: 22, name: 27, text: 29, count: 40, address: 42, end: 47 } as const

function batchWith(change: (octets: Buffer) => void): Buffer {
  const octets = Buffer.from(encodeRequests([request(1, { name: parseName('example.org'), addresses: [parseAddress('192.0.2.1')!] })]))
  assert.equal(octets.length, AT.end)
  change(octets)
  return octets
}

const FORBIDDEN: Readonly<Record<string, (octets: Buffer) => void>> = {
  'a TTL of 32 bits': (octets) => octets.writeUInt32BE(2 ** 31, AT.ttlSeconds),
  'neither stale nor fresh': (octets) => octets.writeUInt8(2, AT.stale),
  'a client of no family': (octets) => octets.writeUInt8(5, AT.client),
  'a client that takes the octets of what follows': (octets) => octets.writeUInt8(6, AT.client),
  'a name in capitals': (octets) => octets.write('E', AT.text),
  'a name with an empty label': (octets) => octets.write('..', AT.text + 2),
  'a name with a final dot': (octets) => octets.write('.', AT.count - 1),
  'a name with a blank': (octets) => octets.write(' ', AT.text),
  'a name that is not ASCII': (octets) => octets.writeUInt8(0xe9, AT.text),
  'a name that runs past the end': (octets) => octets.writeUInt16BE(0xffff, AT.name),
  'no addresses': (octets) => octets.writeUInt16BE(0, AT.count),
  'fewer addresses than it says': (octets) => octets.writeUInt16BE(2, AT.count),
  'more addresses than there may be': (octets) => octets.writeUInt16BE(MAX_ADDRESSES + 1, AT.count),
  'an address of no family': (octets) => octets.writeUInt8(0, AT.address),
}

for (const [what, change] of Object.entries(FORBIDDEN)) {
  test(`the updater does not accept ${what}`, () => {
    assert.throws(() => decodeResolverFrame(batchWith(change)), ProtocolError)
  })
}

test('a batch that ends within a record, or holds none, is an error, wherever it ends', () => {
  const requests = encodeRequests([request(1), request(2)])
  const replies = encodeReplies([
    { id: 1, kind: 'open', leaseSeconds: 360 },
    { id: 2, kind: 'refused', reason: 'policy', message: 'denied' },
  ])
  const oneRequest = encodeRequests([request(1)]).length
  const oneReply = encodeReplies([{ id: 1, kind: 'open', leaseSeconds: 360 }]).length
  for (let end = 5; end < requests.length; end++)
    if (end !== oneRequest) assert.throws(() => decodeResolverFrame(Buffer.from(requests.subarray(0, end))), ProtocolError, `${end}`)
  for (let end = 5; end < replies.length; end++)
    if (end !== oneReply) assert.throws(() => decodeUpdaterFrame(Buffer.from(replies.subarray(0, end))), ProtocolError, `${end}`)
})

test('neither side accepts the batches of the other, nor an outcome that there is not', () => {
  const reply = Buffer.from(encodeReplies([{ id: 1, kind: 'open', leaseSeconds: 360 }]))
  assert.throws(() => decodeResolverFrame(reply), ProtocolError)
  assert.throws(() => decodeUpdaterFrame(Buffer.from(encodeRequests([request(1)]))), ProtocolError)
  reply.writeUInt8(REFUSAL_REASONS.length + 1, 9)
  assert.throws(() => decodeUpdaterFrame(reply), ProtocolError)
  reply.writeUInt8(0, 9)
  reply.writeUInt32BE(2 ** 31, 10)
  assert.throws(() => decodeUpdaterFrame(reply), ProtocolError)
})

test('whatever octets a batch has, it is refused or holds canonical names and addresses, and numbers within their bounds', () => {
  const valid = Buffer.from(encodeRequests([request(1), request(2)]))
  const mutation = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 })
  fc.assert(
    fc.property(mutation, (changes) => {
      const octets = Buffer.from(valid)
      for (const [at, octet] of changes) if (at > 4) octets[at] = octet
      try {
        const message = decodeResolverFrame(octets)
        assert.ok(message.kind === 'open' && message.requests.every(isPlausible))
        assert.deepEqual(requestsIn(encodeRequests(message.requests)).flat(), message.requests)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: 3000 },
  )
})

function isPlausible({ name, client, addresses, ttlSeconds }: OpenRequest): boolean {
  return isName(name) && [client, ...addresses].every((address) => parseAddress(address) === address) && ttlSeconds < 2 ** 31
}

test('the error shows what was expected and got, and not megabytes of it', () => {
  const named = Buffer.from(encodeRequests([request(1, { name: 'A'.repeat(10_000) as Name })]))
  assert.throws(
    () => decodeResolverFrame(named),
    (error: Error) => /^name: expected a canonical name, got "AAA/.test(error.message) && error.message.length < 200,
  )
})
