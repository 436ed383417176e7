import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { createQuiet } from '../../src/sandbox/quiet.ts'
import { eventually } from '../support/wait.ts'

const LASTS_MS = 200

/** As a terminal that takes nothing of what is written to it. */
function holdUp(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

test('what came while the process was held up came before it was over', async () => {
  const quiet = createQuiet(LASTS_MS)
  const key = spawn('sh', ['-c', 'read -r go; echo a'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const wasOver = once(key.stdout!, 'data').then(() => quiet.isOver)
  quiet.begin()
  key.stdin!.write('go\n')
  holdUp(4 * LASTS_MS)
  assert.equal(await wasOver, false)
  await once(key, 'close')
})

test('one that has ended is not over, and one that begins anew lasts as long again', async () => {
  const quiet = createQuiet(LASTS_MS)
  quiet.begin()
  await eventually('it is over', () => quiet.isOver)
  quiet.end()
  assert.equal(quiet.isOver, false)
  quiet.begin()
  assert.equal(quiet.isOver, false)
  quiet.end()
})
