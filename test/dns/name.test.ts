import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ancestorsOf,
  decodeName,
  encodeName,
  isBelow,
  isName,
  type Name,
  NameError,
  parentOf,
  parseName,
  ROOT,
  showName,
  WireError,
} from '../../src/dns/name.ts'

const CANONICAL: readonly (readonly [string, string])[] = [
  ['API.Example.ORG', 'api.example.org'],
  ['example.org.', 'example.org'],
  ['.', ''],
  ['', ''],
  ['*.example.org', '*.example.org'],
  ['_dns._udp.example.org', '_dns._udp.example.org'],
  ['\\097.example', 'a.example'],
  ['\\065.example', 'a.example'],
  ['a\\.b.example', 'a\\046b.example'],
  ['a\\046b.example', 'a\\046b.example'],
  ['sp ace.example', 'sp\\032ace.example'],
  ['\\000\\255.example', '\\000\\255.example'],
  ['\\\\.example', '\\092.example'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
]

for (const [text, canonical] of CANONICAL) {
  test(`${JSON.stringify(text)} is the name ${JSON.stringify(canonical)}`, () => {
    assert.equal(parseName(text), canonical)
    assert.equal(parseName(canonical), canonical)
    assert.equal(isName(text), text === canonical)
  })
}

const NO_NAMES: readonly (readonly [string, RegExp])[] = [
  ['a..b', /empty label/],
  ['.a', /empty label/],
  ['a..', /empty label/],
  ['..', /empty label/],
  [`${'a'.repeat(64)}.b`, /label of more than 63/],
  [`${'a'.repeat(64)}`, /label of more than 63/],
  [`${'abc.'.repeat(64)}`, /more than 255 octets/],
  [`${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(62)}`, /more than 255 octets/],
  ['münchen.example', /not ASCII/],
  ['a\\', /broken escape/],
  ['a\\25', /broken escape/],
  ['a\\256', /broken escape/],
]

for (const [text, message] of NO_NAMES) {
  test(`${JSON.stringify(text.slice(0, 40))} is no name: ${message.source}`, () => {
    assert.throws(() => parseName(text), { name: 'NameError', message })
    assert.equal(isName(text), false)
  })
}

test('a name of exactly 255 octets is a name, with and without its final dot', () => {
  const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
  assert.equal(parseName(longest), longest)
  assert.equal(parseName(`${longest}.`), longest)
  const escaped = longest.replaceAll('a', '\\000')
  assert.equal(parseName(`${escaped}.`), escaped)
})

test('the ancestors of a name come nearest first, without the name and the root', () => {
  assert.deepEqual([...ancestorsOf(parseName('a.b.c'))], ['b.c', 'c'])
  assert.deepEqual([...ancestorsOf(parseName('a\\.b.c'))], ['c'])
  assert.deepEqual([...ancestorsOf(parseName('c'))], [])
  assert.deepEqual([...ancestorsOf(ROOT)], [])
})

test('a parent is one label up, and the root has none', () => {
  assert.equal(parentOf(parseName('a.b')), 'b')
  assert.equal(parentOf(parseName('b')), ROOT)
  assert.equal(parentOf(ROOT), undefined)
})

test('below means below label by label: evilfoobar.com is not below foobar.com', () => {
  const apex = parseName('foobar.com')
  assert.equal(isBelow(parseName('www.foobar.com'), apex), true)
  assert.equal(isBelow(parseName('evilfoobar.com'), apex), false)
  assert.equal(isBelow(parseName('evil\\.foobar.com'), apex), false)
  assert.equal(isBelow(apex, apex), false)
  assert.equal(isBelow(apex, ROOT), true)
  assert.equal(isBelow(ROOT, ROOT), false)
})

test('the root is shown as a dot', () => {
  assert.equal(showName(ROOT), '.')
  assert.equal(showName(parseName('A.b')), 'a.b')
})

function encoded(name: Name): Uint8Array {
  const target = new Uint8Array(300).fill(0xee)
  return target.subarray(0, encodeName(name, target, 0))
}

test('names are written as length-prefixed labels with a zero octet at the end', () => {
  assert.deepEqual([...encoded(ROOT)], [0])
  assert.deepEqual([...encoded(parseName('a.bc'))], [1, 97, 2, 98, 99, 0])
  assert.deepEqual([...encoded(parseName('a\\.\\255'))], [3, 97, 46, 255, 0])
})

test('writing a name into too little room throws', () => {
  assert.throws(() => encodeName(parseName('a.bc'), new Uint8Array(5), 0), RangeError)
  assert.equal(encodeName(parseName('a.bc'), new Uint8Array(6), 0), 6)
})

test('decoding lower-cases, follows pointers and ends behind the first of them', () => {
  const message = Uint8Array.of(3, 79, 82, 71, 0, 1, 65, 0xc0, 0, 2, 66, 66, 0xc0, 5, 99)
  assert.deepEqual(decodeName(message, 9, message.length), { name: 'bb.a.org', end: 14 })
  assert.deepEqual(decodeName(message, 0, message.length), { name: 'org', end: 5 })
})

const BROKEN: readonly (readonly [string, readonly number[], number])[] = [
  ['a pointer to itself', [0xc0, 0], 0],
  ['a pointer forwards', [0xc0, 2, 0], 0],
  ['a pointer into the labels before it', [1, 97, 0xc0, 0], 0],
  ['a pointer cut in half', [0, 0xc0], 1],
  ['a label of type 01', [0x41, 97, 0], 0],
  ['a label of type 10', [0x81, 97, 0], 0],
  ['a label cut short', [5, 97, 98], 0],
  ['a missing end', [1, 97], 0],
  ['nothing', [], 0],
]

for (const [what, octets, offset] of BROKEN) {
  test(`${what} is refused`, () => {
    assert.throws(() => decodeName(Uint8Array.from(octets), offset, octets.length), WireError)
  })
}

test('a name of 256 octets is refused, pointers counted in', () => {
  const labels = Array.from({ length: 127 }, () => [1, 97]).flat()
  assert.equal(decodeName(Uint8Array.from([...labels, 0]), 0, 255).end, 255)
  const tooLong = Uint8Array.from([...labels, 0, 1, 98, 0xc0, 0])
  assert.throws(() => decodeName(tooLong, 255, tooLong.length), WireError)
})

test('a long chain of pointers is refused', () => {
  const message = new Uint8Array(2 + 2 * 200)
  for (let index = 1; index <= 200; index++) message.set([0xc0 | ((index * 2 - 2) >> 8), (index * 2 - 2) & 255], index * 2)
  assert.throws(() => decodeName(message, 400, message.length), WireError)
})

test('a name of 255 octets is read, one of 256 is not', () => {
  const wire = (last: number) =>
    Uint8Array.from([63, 63, 63, last].flatMap((octets) => [octets, ...Array<number>(octets).fill(97)]).concat(0))
  assert.equal(decodeName(wire(61), 0, 255).end, 255)
  assert.throws(() => decodeName(wire(62), 0, 256), /more than 255 octets/)
})

test('octets behind the given length do not count', () => {
  assert.throws(() => decodeName(Uint8Array.of(1, 97, 0), 0, 2), WireError)
})

const wireName = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 5 })
  .map((labels) => [...labels.flatMap((label) => [label.length, ...label]), 0])
  .filter((octets) => octets.length <= 255)

test('every wire name has one text: decoding, parsing and encoding agree', () => {
  fc.assert(
    fc.property(wireName, (octets) => {
      const { name, end } = decodeName(Uint8Array.from(octets), 0, octets.length)
      assert.equal(end, octets.length)
      assert.equal(parseName(name), name)
      assert.equal(decodeName(encoded(name), 0, octets.length).name, name)
    }),
  )
})

test('garbage throws NameError or WireError and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (text, octets) => {
      try {
        parseName(text)
        decodeName(octets, 0, octets.length)
      } catch (error) {
        assert.ok(error instanceof NameError || error instanceof WireError)
      }
    }),
  )
})
