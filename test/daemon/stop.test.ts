import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const STOP = JSON.stringify(import.meta.resolve('../../src/daemon/stop.ts'))
/** As a part that has begun for so long: its timer is all that keeps it, and says that nothing else has ended it. */
const BEGINS = `
import { untilStopped } from ${STOP}
await new Promise((gone) => process.once('disconnect', gone))
setTimeout(() => process.exit(1), 10_000)
await untilStopped()
process.exit(0)`

test('a part whose supervisor has gone while it began does not go on', async () => {
  const part = spawn(process.execPath, ['--input-type=module', '--eval', BEGINS], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(part, 'spawn')
  part.disconnect()
  assert.deepEqual(await once(part, 'exit'), [0, null])
})
