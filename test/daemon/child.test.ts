import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { keepChild, startProcess } from '../../src/daemon/child.ts'
import type { Orders, Ready } from '../../src/daemon/message.ts'

const ORDERS = { tells: true } as Orders
const READY = { part: 'resolver', listening: [], upstreams: [], entries: 0 } as const
const PATIENCE_MS = 10_000
/** Says that it is ready once it has its orders. */
const OBEDIENT = [process.execPath, '-e', `process.once('message', () => process.send(${JSON.stringify(READY)}))`] as const

/** Resolves with why it was started again until it was ready. */
async function keepUntilReady(waiting: ChildProcess): Promise<{ readonly restarts: readonly string[]; readonly pid: number | undefined }> {
  const restarts: string[] = []
  const { promise: ready, resolve } = Promise.withResolvers<Ready>()
  const child = keepChild({
    part: 'resolver',
    command: OBEDIENT,
    waiting,
    orders: ORDERS,
    onReady: resolve,
    onRestart: (_part, how) => void restarts.push(how),
    onHopeless: () => {},
  })
  assert.deepEqual(await Promise.race([ready, pause(PATIENCE_MS, 'not ready', { ref: false })]), READY)
  const { pid } = child
  await child.stop(PATIENCE_MS)
  return { restarts, pid }
}

test('one that waits is given its orders', async () => {
  const waiting = startProcess(OBEDIENT)
  assert.deepEqual(await keepUntilReady(waiting), { restarts: [], pid: waiting.pid })
})

test('one that has ended while it waited is started again', async () => {
  const waiting = startProcess([process.execPath, '-e', ''])
  await once(waiting, 'exit')
  const { restarts } = await keepUntilReady(waiting)
  assert.deepEqual(restarts, ['ended with exit code 0'])
})

test('one that could not be started is started again', async () => {
  const waiting = spawn('/nowhere', { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(waiting, 'error')
  const { restarts } = await keepUntilReady(waiting)
  assert.equal(restarts.length, 1)
})

const CHILD = JSON.stringify(import.meta.resolve('../../src/daemon/child.ts'))
/** Has no descriptor left for another process. */
const EXHAUSTED = `
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { keepChild } from ${CHILD}
const open = readdirSync('/proc/self/fd').length
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=' + open + ':' + open])
keepChild({
  part: 'resolver',
  command: ['true'],
  orders: {},
  onRestart: (_part, how) => { process.stdout.write(how); setImmediate(() => process.exit(0)) },
})`

test('one that cannot be started for want of descriptors is started again', async () => {
  const supervisor = spawn(process.execPath, ['--input-type=module', '--eval', EXHAUSTED], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [supervisor.stdout, supervisor.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()))
  await once(supervisor, 'close')
  assert.match(said, /^(?:spawn true EMFILE)+$/)
})

test('that a resolver has heard from the updater is not taken for its being ready, nor the other way round', async () => {
  const heard: string[] = []
  const { promise: connected, resolve } = Promise.withResolvers<void>()
  const child = keepChild({
    part: 'resolver',
    command: [
      process.execPath,
      '-e',
      `process.once('message', () => [${JSON.stringify(READY)}, { connected: true }].forEach((each) => process.send(each)))`,
    ],
    orders: ORDERS,
    onReady: (ready) => void heard.push(ready.part),
    onConnected: () => {
      heard.push('connected')
      resolve()
    },
    onRestart: () => {},
    onHopeless: () => {},
  })
  await Promise.race([connected, pause(PATIENCE_MS, undefined, { ref: false })])
  assert.deepEqual(heard, ['resolver', 'connected'])
  await child.stop(PATIENCE_MS)
})
