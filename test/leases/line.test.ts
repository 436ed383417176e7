import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineDecoder, MAX_LINE_OCTETS, ProtocolError } from '../../src/leases/line.ts'

test('lines come out whole, however the stream was chunked', () => {
  const stream = Buffer.from('{"a":1}\n\n{"b":"é"}\nrest')
  for (let size = 1; size <= stream.length; size++) {
    const decoder = new LineDecoder()
    const lines: string[] = []
    for (let start = 0; start < stream.length; start += size) lines.push(...decoder.push(stream.subarray(start, start + size)))
    assert.deepEqual(lines, ['{"a":1}', '', '{"b":"é"}'])
  }
})

test('a line of the longest length passes, one octet more is an error before its end has come', () => {
  const longest = Buffer.alloc(MAX_LINE_OCTETS, 'x')
  longest[MAX_LINE_OCTETS - 1] = 0x0a
  assert.equal(new LineDecoder().push(longest)[0]?.length, MAX_LINE_OCTETS - 1)
  const decoder = new LineDecoder()
  decoder.push(Buffer.alloc(MAX_LINE_OCTETS, 'x'))
  assert.throws(() => decoder.push(Buffer.from('x')), ProtocolError)
})
