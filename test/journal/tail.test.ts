import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { BEGINNING } from '../../src/journal/chain.ts'
import { segmentName } from '../../src/journal/folder.ts'
import { createTail } from '../../src/journal/tail.ts'
import { makePaths, writeLines } from './log.ts'

test('lines as long as they may be are sent a few at a time, not five hundred', async (t) => {
  const folder = makePaths(t).stream.resolver
  const pad = 'x'.repeat(1_000_000)
  const lines = Array.from({ length: 6 }, (_, index) => JSON.stringify({ seq: index + 1, prev: '', time: '', event: 'stop', pad }))
  writeLines(join(folder, segmentName(1)), lines)
  const tail = createTail(folder, BEGINNING)
  const counts = [await tail.read(500), await tail.read(500)].map((batch) => batch.lines.length)
  assert.deepEqual(counts, [5, 1])
})
