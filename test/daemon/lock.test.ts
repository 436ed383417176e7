import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runningHolder, takeLock } from '../../src/daemon/lock.ts'

const LOCK = JSON.stringify(import.meta.resolve('../../src/daemon/lock.ts'))
/** Takes the lock at a moment that all are told, says whether it was had, and holds it until its input ends. */
const TAKES = `
import { takeLock } from ${LOCK}
const [file, moment] = process.argv.slice(-2)
while (Date.now() < Number(moment)) {}
try {
  takeLock(file)
  process.stdout.write('taken')
} catch (error) {
  process.stdout.write(error.message)
}
process.stdin.resume()`
/** More than two cores run at once, so that some fall between any two steps of others. */
const AT_ONCE = 6
const BEGIN_MS = 1_500

test('of supervisors that begin at once over what a killed one has left, one takes the lock', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'lock')
  for (let round = 0; round < 3; round++) {
    writeFileSync(file, '4194304 1\n')
    const moment = String(Date.now() + BEGIN_MS)
    const takers = Array.from({ length: AT_ONCE }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', TAKES, file, moment], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const said = await Promise.all(takers.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])))
    assert.deepEqual(said.filter((each) => each === 'taken').length, 1, said.join('\n'))
    for (const each of said)
      if (each !== 'taken') assert.match(each, /^(sallyport is already up as process \d+|another sallyport is coming up) \(.+\/lock\)/)
    const ends = takers.map((taker) => once(taker, 'exit'))
    for (const { stdin } of takers) stdin.end()
    await Promise.all(ends)
  }
})

test('a lock says who holds it, and is gone with its release', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'lock')
  const lock = takeLock(file)
  assert.equal(runningHolder(file), process.pid)
  assert.throws(() => takeLock(file), new RegExp(`already up as process ${process.pid} .*kill ${process.pid}"`))
  lock.release()
  assert.ok(!existsSync(file))
  takeLock(file).release()
})
