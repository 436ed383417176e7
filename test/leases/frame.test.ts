import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ProtocolError } from '../../src/leases/error.ts'
import { FrameDecoder, MAX_BATCH_OCTETS, MAX_LINE_OCTETS } from '../../src/leases/frame.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const batch = (octets: string, length = octets.length): Buffer => Buffer.from(`\x01\0\0\0${String.fromCharCode(length)}${octets}`, 'latin1')

test('lines and batches come out whole and in their order, however the stream was chunked', () => {
  const batches = [batch('a\nb'), batch(''), batch('{"c":1}\n')]
  const stream = Buffer.concat([
    Buffer.from('{"a":1}\n\n'),
    ...batches.slice(0, 2),
    Buffer.from('{"b":"é"}\n'),
    batches[2]!,
    Buffer.from('rest'),
  ])
  for (let size = 1; size <= stream.length; size++) {
    const decoder = new FrameDecoder()
    const frames = []
    for (let start = 0; start < stream.length; start += size) frames.push(...decoder.push(stream.subarray(start, start + size)))
    assert.deepEqual(frames, ['{"a":1}', '', batches[0], batches[1], '{"b":"é"}', batches[2]], `chunks of ${size}`)
  }
})

test('a line of the longest length passes, one octet more is an error before its end has come', () => {
  const longest = Buffer.alloc(MAX_LINE_OCTETS, 'x')
  longest[MAX_LINE_OCTETS - 1] = 0x0a
  assert.equal(new FrameDecoder().push(longest)[0]?.length, MAX_LINE_OCTETS - 1)
  const decoder = new FrameDecoder()
  decoder.push(Buffer.alloc(MAX_LINE_OCTETS, 'x'))
  assert.throws(() => decoder.push(Buffer.from('x')), ProtocolError)
})

test('a batch of the longest length passes, one that says it is longer is an error at once', () => {
  const longest = Buffer.alloc(MAX_BATCH_OCTETS)
  longest[0] = 2
  longest.writeUInt32BE(MAX_BATCH_OCTETS - 5, 1)
  assert.deepEqual(new FrameDecoder().push(longest), [longest])
  longest.writeUInt32BE(MAX_BATCH_OCTETS - 4, 1)
  const decoder = new FrameDecoder()
  decoder.push(longest.subarray(0, 4))
  assert.throws(() => decoder.push(longest.subarray(4, 5)), ProtocolError)
})

test('frames that come octet by octet take no more room than at once', () => {
  const longest = Buffer.alloc(MAX_LINE_OCTETS - 1, 'x')
  const decoder = new FrameDecoder()
  const roomAtFirst = roomInUse()
  for (const octet of longest) decoder.push(Uint8Array.of(octet))
  const room = roomInUse() - roomAtFirst
  assert.ok(room < 16 * MAX_LINE_OCTETS, `${room} octets`)
  assert.deepEqual(decoder.push(Buffer.from('\n')), [longest.toString()])
})

/** After what nobody refers to has been collected. */
function roomInUse(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
