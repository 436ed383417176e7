import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { formatComment, parseComment } from '../../src/updater/comment.ts'

const names = (...texts: readonly string[]) => texts.map(parseName)

test('a comment lists the names, and is read back', () => {
  assert.equal(formatComment(names('a.example', 'b.example')), 'a.example b.example')
  assert.deepEqual(parseComment('a.example b.example'), ['a.example', 'b.example'])
  assert.equal(formatComment(names('a.example'), 'sallyport:'), 'sallyport: a.example')
  assert.equal(formatComment(names('a.example', 'b.example', 'a.example')), 'a.example b.example')
  assert.deepEqual(parseComment('sallyport: a.example', 'sallyport:'), ['a.example'])
})

test('what does not fit in 128 octets is counted, and the comment never exceeds them', () => {
  const many = Array.from({ length: 1000 }, (_, n) => parseName(`name-${n}.example.org`))
  const comment = formatComment(many)
  assert.ok(comment.length <= 128)
  const listed = parseComment(comment) ?? []
  assert.deepEqual(listed, many.slice(0, listed.length))
  assert.equal(comment.endsWith(` +${1000 - listed.length}`), true)
  assert.equal(formatComment(names(`${'x'.repeat(63)}.${'y'.repeat(63)}.example`)), '+1')
})

test('names hold nothing that could end, quote or forge a comment', () => {
  const [name] = names('a b"\\010c.example')
  assert.match(formatComment([name!]), /^[!#-~]+$/)
  assert.deepEqual(parseComment(formatComment([name!])), [name])
})

test('what others wrote is not read as names', () => {
  assert.equal(parseComment(undefined), undefined)
  assert.equal(parseComment('my own note', 'sallyport:'), undefined)
  assert.deepEqual(parseComment('Not "a" name; +7'), [])
})
