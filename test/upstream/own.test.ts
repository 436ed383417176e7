import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEndpoint } from '../../src/net/endpoint.ts'
import { isOwnEndpoint } from '../../src/upstream/own.ts'

const isOwn = (sent: string, ...listening: readonly string[]) =>
  isOwnEndpoint(
    parseEndpoint(sent, 53)!,
    listening.map((text) => parseEndpoint(text, 53)!),
  )

test('what arrives where we listen is ours, and through a wildcard every address of loopback is', () => {
  assert.ok(isOwn('127.0.0.1', '127.0.0.1'))
  assert.ok(isOwn('127.0.0.53', '0.0.0.0'))
  assert.ok(!isOwn('127.0.0.53', '127.0.0.1'))
  assert.ok(!isOwn('127.0.0.1', '127.0.0.1:5300'))
  assert.ok(!isOwn('192.0.2.1', '0.0.0.0', '[::]:53'))
})
