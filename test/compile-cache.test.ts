import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createFolder } from './support/world.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The program in a folder of its own, with the same libraries. */
function copyProgram(context: TestContext): { readonly folder: string; readonly compiled: string; run(): void } {
  const folder = createFolder()
  context.after(() => rmSync(folder, { recursive: true }))
  for (const part of ['bin', 'src', 'zones', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  for (const library of readdirSync(join(ROOT, 'node_modules')).filter((name) => name === '.bin' || !name.startsWith('.')))
    symlinkSync(join(ROOT, 'node_modules', library), join(folder, 'node_modules', library))
  const run = (): void => {
    const { status, stderr } = spawnSync(join(folder, 'bin/sallyport'), ['--version'], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
  return { folder, compiled: join(folder, 'node_modules/.cache/compiled'), run }
}

test('what was compiled is kept for the next start', (t) => {
  const { compiled, run } = copyProgram(t)
  run()
  assert.equal(readdirSync(compiled).length, 1)
})

test('nothing is kept, and so nothing believed, where others may write', (t) => {
  for (const open of ['.', 'node_modules', 'node_modules/.cache']) {
    const { folder, compiled, run } = copyProgram(t)
    mkdirSync(join(folder, open), { recursive: true })
    chmodSync(join(folder, open), 0o777)
    run()
    assert.ok(!existsSync(compiled), open)
  }
})

test('nothing is kept where the program belongs to somebody else', { skip: process.getuid!() !== 0 && 'needs root' }, (t) => {
  const { folder, compiled } = copyProgram(t)
  const { status } = spawnSync(join(folder, 'bin/sallyport'), ['--version'], { uid: 65_534, gid: 65_534 })
  assert.deepEqual([status, existsSync(compiled)], [0, false])
})
