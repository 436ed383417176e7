import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawQuestion } from '../../src/sandbox/question.ts'

test('each line of a question is placed by itself, so that margins that the command has set push none away', () => {
  const text = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`
  const drawn = drawQuestion(text, { rows: 24, columns: 40 })
  assert.doesNotMatch(drawn, /[\r\n]/)
  const placed = drawn.split('\x1b').flatMap((sequence) => [...(/^\[(\d+);1H(.+)$/.exec(sequence)?.slice(1) ?? [])])
  assert.deepEqual(
    placed.filter((_, index) => index % 2 === 0),
    ['21', '22', '23', '24'],
  )
  assert.equal(placed.filter((_, index) => index % 2 === 1).join(''), text)
})

test('a question is shown though the command has begun an update that it does not end', () => {
  assert.ok(drawQuestion('a', { rows: 24, columns: 80 }).startsWith('\x1b[m\x1b(B\x0f\x1b[?6l\x1b[?2026l'))
})
