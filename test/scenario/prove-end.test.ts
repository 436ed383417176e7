// `sallyport prove`: whatever ends it, nothing of it stays.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { mountsHere, processesOf, RUN_MARK } from '../support/confined.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { eventually } from '../support/wait.ts'

/** Before the worlds are made, while they are, and while attacks run. */
const ENDS_AFTER_MS = [300, 700, 1_200, 2_000, 3_500, 5_000]

function start(mark: string): ChildProcess {
  return spawn(PROGRAM, ['prove'], { env: { ...process.env, [RUN_MARK]: mark }, stdio: 'ignore', detached: true })
}

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`${signal}, at any time, leaves no process, no mount and no file`, async (t) => {
    const mounts = mountsHere()
    const files = readdirSync(tmpdir())
    for (const [number, delayMs] of ENDS_AFTER_MS.entries()) {
      const mark = `${process.pid}-${signal}-${number}`
      const child = start(mark)
      await pause(delayMs)
      t.diagnostic(`${processesOf(mark).length} processes after ${delayMs} ms`)
      // As the terminal does: all that it has started in the foreground get Ctrl-C.
      process.kill(signal === 'SIGINT' ? -child.pid! : child.pid!, signal)
      await once(child, 'exit')
      await eventually(`no process is left of run ${mark}`, () => processesOf(mark).length === 0)
    }
    assert.deepEqual(mountsHere(), mounts)
    assert.deepEqual(
      readdirSync(tmpdir()).filter((file) => file.startsWith('sallyport-prove-') && !files.includes(file)),
      [],
    )
  })
}
