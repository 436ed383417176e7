import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatEndpoint, parseEndpoint } from '../../src/net/endpoint.ts'

const FORMATTED: readonly (readonly [string, string])[] = [
  ['192.0.2.1', '192.0.2.1:53'],
  ['192.0.2.1:5300', '192.0.2.1:5300'],
  ['::1', '[::1]:53'],
  ['[::1]', '[::1]:53'],
  ['[2001:DB8::1]:853', '[2001:db8::1]:853'],
  ['2001:db8::1:53', '[2001:db8::1:53]:53'],
]

for (const [text, formatted] of FORMATTED) {
  test(`${text} is ${formatted}`, () => assert.equal(formatEndpoint(parseEndpoint(text, 53)!), formatted))
}

test('what is no endpoint is undefined', () => {
  for (const text of [
    '',
    ':53',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '[192.0.2.1]:53',
    '[::1',
    '::1]:53',
    'localhost:53',
    '[::1]53',
  ]) {
    assert.equal(parseEndpoint(text, 53), undefined, text)
  }
})
