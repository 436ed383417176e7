// The parts of `up` load while it reads its settings. Here those come through a pipe, so that it reads until the test has written them.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { makePath } from '../package/project.ts'
import { createNamespace, processesIn, runCommand } from '../support/namespace.ts'
import { listTables } from '../support/nft.ts'
import { commandOf, taskStatuses } from '../support/process.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { eventually } from '../support/wait.ts'
import { createFolder } from '../support/world.ts'

const PATIENCE_MS = 20_000
const NOBODY = 65_534
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--']

const namespace = createNamespace('head-start')
after(() => namespace.remove())
const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))
const pipe = join(folder, 'sallyport.yaml')
const state = join(folder, 'state')
const zones = join(folder, 'zones')
const SETTINGS = { state, journal: { folder: './journal' }, resolver: { upstreams: ['127.0.0.1:5399'] } }
const VALID = JSON.stringify({ ...SETTINGS, updater: { guard: 'output' } })
mkdirSync(zones)
writeFileSync(join(zones, 'app.zone'), 'www.example\n')

interface Up {
  readonly process: ChildProcess
  /** Once all of it has ended. */
  readonly exit: Promise<number | null>
  said(): string
}

let up: Up | undefined
afterEach(async () => {
  up?.process.kill('SIGTERM')
  await up?.exit
  namespace.run(['nft', 'flush', 'ruleset'])
  rmSync(state, { recursive: true, force: true })
})

/** Runs until it reads its settings, and both parts wait for theirs. */
async function startReading(through: readonly string[] = []): Promise<Up> {
  rmSync(pipe, { force: true })
  runCommand(['mkfifo', pipe])
  chmodSync(pipe, 0o644)
  const started = namespace.spawn([...through, PROGRAM, 'up', '--config', pipe], { cwd: folder })
  let text = ''
  for (const stream of [started.stdout!, started.stderr!]) stream.on('data', (piece: Buffer) => (text += piece.toString()))
  up = { process: started, exit: once(started, 'close').then(([code]) => code as number | null), said: () => text }
  await eventually('both parts run', () => parts().every((pid) => pid !== undefined), PATIENCE_MS)
  return up
}

function parts(): readonly (number | undefined)[] {
  const running = processesIn(namespace.name)
  return ['updater', 'resolver'].map((part) => running.find((pid) => commandOf(pid).at(-1) === part))
}

test('the parts that serve are those that have waited; until they have settings nothing is open and nothing written', async () => {
  const { said } = await startReading()
  const waiting = parts()
  assert.deepEqual(listTables(namespace), [])
  assert.equal(namespace.run(['ss', '--no-header', '--listening', '--tcp', '--udp']), '')
  assert.ok(!existsSync(state))
  await writeFile(pipe, VALID)
  await eventually('it serves', () => said().includes('listening on'), PATIENCE_MS)
  assert.deepEqual(parts(), waiting)
  assert.equal(processesIn(namespace.name).length, 3)
})

test('settings that cannot be used end it with what is wrong with them, and nothing else', async () => {
  const { exit, said } = await startReading()
  await writeFile(pipe, JSON.stringify({ ...SETTINGS, gaurd: 'output' }))
  assert.equal(await exit, 2)
  assert.match(said(), /^sallyport: .*gaurd.*\n$/)
  assert.deepEqual(processesIn(namespace.name), [])
  assert.ok(!existsSync(state))
})

test('a part that ends before it has its settings is started again', async () => {
  const { said } = await startReading()
  const [updater, resolver] = parts()
  process.kill(resolver!, 'SIGKILL')
  await eventually('it has ended', () => commandOf(resolver!).length === 0, PATIENCE_MS)
  await writeFile(pipe, VALID)
  await eventually('it serves', () => said().includes('listening on'), PATIENCE_MS)
  assert.match(said(), /resolver was ended by SIGKILL; starting it again/)
  const [sameUpdater, another] = parts()
  assert.equal(sameUpdater, updater)
  assert.notEqual(another, resolver)
})

test('parts whose supervisor is killed end without a word', async () => {
  const { process: supervisor, exit, said } = await startReading()
  supervisor.kill('SIGKILL')
  assert.equal(await exit, null)
  await eventually('they are gone', () => processesIn(namespace.name).length === 0, PATIENCE_MS)
  assert.equal(said(), '')
})

for (const { where, through } of [
  { where: 'setpriv is there', through: [] },
  { where: 'it is not', through: ['env', `PATH=${makePath(join(folder, 'programs'), ['readlink'])}`] },
]) {
  test(`an ordinary user: whoever has waited gains no privileges either, in any thread; where ${where}`, async () => {
    await startReading([...AS_NOBODY, ...through])
    for (const pid of parts()) assert.ok(taskStatuses(pid!).every(({ noNewPrivileges }) => noNewPrivileges))
  })
}

test('root where only root reads the zones: the parts are started anew, without the capabilities that they need not', async () => {
  const { said } = await startReading()
  const waiting = parts()
  const closed = join(folder, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  await writeFile(pipe, JSON.stringify({ ...SETTINGS, zones: closed }))
  await eventually('it serves', () => said().includes('listening on'), PATIENCE_MS)
  const confined = parts()
  assert.ok(confined.every((pid, index) => pid !== waiting[index]))
  assert.equal(processesIn(namespace.name).length, 3)
  for (const pid of confined) assert.doesNotMatch(readFileSync(`/proc/${pid}/status`, 'utf8'), /^CapPrm:\t0*1ffffffffff$/m)
})

for (const { what, program, reason } of [
  { what: 'is missing', program: undefined, reason: 'ENOENT' },
  {
    what: 'knows no bounding set, as that of BusyBox',
    program: 'echo "setpriv: unrecognized option \'$1\'" >&2; exit 1',
    reason: 'unrecognized option',
  },
]) {
  test(`the same where setpriv ${what}: exit 2, and what would mend it`, async () => {
    const programs = makePath(join(folder, what), ['readlink'])
    if (program !== undefined)
      writeFileSync(join(programs, 'setpriv'), `#!/bin/sh\n[ "$1" != --no-new-privs ] || { shift 2; exec "$@"; }\n${program}\n`)
    if (program !== undefined) chmodSync(join(programs, 'setpriv'), 0o755)
    const { exit, said } = await startReading(['env', `PATH=${programs}`])
    const closed = join(folder, 'closed')
    mkdirSync(closed, { mode: 0o700, recursive: true })
    await writeFile(pipe, JSON.stringify({ ...SETTINGS, zones: closed }))
    assert.equal(await exit, 2)
    assert.match(
      said(),
      new RegExp(
        `^sallyport: only root can pass ${closed}, .*${reason}.*; run "chmod o\\+rx ${closed}", or install the package util-linux\n$`,
      ),
    )
    assert.deepEqual(processesIn(namespace.name), [])
  })
}

test('commands that need no parts start none', async () => {
  const record = join(folder, 'started')
  const preload = join(folder, 'record.cjs')
  writeFileSync(preload, `require('node:fs').appendFileSync(${JSON.stringify(record)}, process.argv.slice(1).join(' ') + '\\n')`)
  const startedBy = async (...words: readonly string[]): Promise<number> => {
    rmSync(record, { force: true })
    const run = namespace.spawn(['env', `NODE_OPTIONS=--require=${preload}`, PROGRAM, ...words], { cwd: zones, stdio: 'ignore' })
    await once(run, 'exit')
    return readFileSync(record, 'utf8').trimEnd().split('\n').length
  }
  assert.equal(await startedBy('up', '--help'), 1)
  assert.equal(await startedBy('resolver', '--help'), 1)
  assert.equal(await startedBy('--version'), 1)
  assert.equal(await startedBy('check', zones), 1)
})
