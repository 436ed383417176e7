import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScreen } from '../../src/sandbox/screen.ts'

function screenAfter(text: string | Uint8Array) {
  const screen = createScreen()
  screen.take(typeof text === 'string' ? Buffer.from(text) : text)
  return screen
}

test('nothing may be written between where a sequence or a character is unfinished', () => {
  const unfinished = ['\x1b', '\x1b[', '\x1b[?104', '\x1b(', '\x1b]0;title', '\x1bP1;2|text', '\x1b]0;\x1b', Uint8Array.of(0xe2, 0x82)]
  for (const text of unfinished) assert.equal(screenAfter(text).isSettled, false, JSON.stringify(text))
  const finished = ['text', '\x1b[1m', '\x1b(B', '\x1b]0;title\x07', '\x1b]0;title\x1b\\', '\x1bPtext\x18', '\x1bc', '€', '\x1b[1\n2m']
  for (const text of finished) assert.equal(screenAfter(text).isSettled, true, JSON.stringify(text))
})

test('it is known on which screen the command is, however its output is cut', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['\x1b[?1049h', true],
    ['\x1b[?47h', true],
    ['\x1b[?25;1049h', true],
    ['\x1b[?1049h\x1b[?1049l', false],
    ['\x1b[?1049h\x1bc', false],
    ['\x1b[?1048h', false],
    ['\x1b]0;\x18[?1049h\x07', false],
    ['\x1b[?1049\x18h', false],
  ]
  for (const [text, isAlternate] of cases) {
    const screen = createScreen()
    for (const octet of Buffer.from(text)) screen.take(Uint8Array.of(octet))
    assert.equal(screen.isAlternate, isAlternate, JSON.stringify(text))
  }
})
