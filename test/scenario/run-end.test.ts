// `sallyport run`: whatever ends it, nothing of it stays; and many at once do not meet.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { CONNECT, mountsHere, processesOf, RUN_MARK, startConfined, type Who } from '../support/confined.ts'
import { childrenOf, nameOf } from '../support/process.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld(['open.example. 60 IN A 203.0.113.10', 'other.example. 60 IN A 203.0.113.20'])
after(() => world.close())

const KILLS = 100
/** More would only wait for each other. */
const AT_ONCE = 4
/** Some are killed while they start, some while the command runs. */
const LATEST_KILL_MS = 1_500
const WHO: readonly Who[] = ['root', 'user']

function start(who: Who, mark: string, script: string, flags: readonly string[] = []): ChildProcess {
  return startConfined(world, {
    who,
    flags,
    command: ['sh', '-c', script],
    spawn: { env: { ...process.env, [RUN_MARK]: mark }, stdio: ['ignore', 'pipe', 'pipe'] },
  })
}

function descendants(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(descendants)]
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH')
  }
}

async function killOnce(number: number): Promise<void> {
  const mark = `${process.pid}-${number}`
  const child = start(WHO[number % WHO.length]!, mark, 'sleep 30')
  await pause(randomInt(LATEST_KILL_MS))
  const all = descendants(child.pid!)
  // Every other time the one that was called; else any of those below, and then the one that was called.
  if (number % 4 > 1) kill(all[randomInt(all.length)]!)
  kill(child.pid!)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  await eventually(`no process is left of run ${mark}`, () => processesOf(mark).length === 0)
}

test(`after ${KILLS} forced kills, at any time and of any process, nothing is left`, async (t) => {
  const mounts = mountsHere()
  const numbers = Array.from({ length: KILLS }, (_, number) => number).values()
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const number of numbers) await killOnce(number)
    }),
  )
  t.diagnostic(`${KILLS} kills in ${Math.round((performance.now() - startedAt) / 1000)} s`)
  assert.deepEqual(mountsHere(), mounts)
})

test('whichever process is killed right before the one that was called, nothing is left', async (t) => {
  for (const who of WHO) {
    const count = (await killAfter(who, `${process.pid}-${who}-count`, () => undefined)).length
    assert.ok(count > 5, String(count))
    t.diagnostic(`${who}: ${count} processes`)
    const numbers = Array.from({ length: count }, (_, number) => number).values()
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const number of numbers) await killAfter(who, `${process.pid}-${who}-each-${number}`, (all) => all[number])
      }),
    )
  }
})

/** Kills the victim once the command runs, then the process that was called. Returns what ran. */
async function killAfter(who: Who, mark: string, choose: (all: readonly number[]) => number | undefined): Promise<readonly number[]> {
  const child = start(who, mark, 'echo up; sleep 30')
  await once(child.stdout!, 'data')
  const all = descendants(child.pid!)
  const victim = choose(all)
  if (victim !== undefined) kill(victim)
  kill(child.pid!)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  await eventually(`no process is left of run ${mark}`, () => processesOf(mark).length === 0)
  return all
}

test('SIGTERM reaches the command, whose end is the end of the run', async () => {
  for (const who of WHO) {
    const mark = `${process.pid}-term-${who}`
    const child = start(who, mark, 'trap "echo bye; exit 9" TERM; echo up; while :; do sleep 0.1; done')
    await once(child.stdout!, 'data')
    const said = once(child.stdout!, 'data')
    child.kill('SIGTERM')
    assert.equal(String((await said)[0]), 'bye\n')
    assert.deepEqual(await once(child, 'exit'), [9, null])
    assert.deepEqual(processesOf(mark), [])
  }
})

test('a resolver, an updater or an uplink that is killed comes back, and the run goes on', async () => {
  const mark = `${process.pid}-back`
  const again = `${CONNECT}connect open.example 443; read -r line; for i in 1 2 3 4 5 6 7 8; do sleep 0.5; connect open.example 443; done`
  const child = startConfined(world, {
    who: 'user',
    flags: ['--allow', 'open.example'],
    command: ['sh', '-c', again],
    spawn: { env: { ...process.env, [RUN_MARK]: mark } },
  })
  let said = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await eventually('it connects', () => said.includes('connected'), 20_000)
  const victims = processesOf(mark).filter((pid) => /^(?:node|pasta|passt)/.test(nameOf(Number(pid))) && pid !== String(child.pid))
  for (const pid of victims.filter((each) => childrenOf(Number(each)).length === 0)) kill(Number(pid))
  child.stdin!.end('go\n')
  await once(child, 'close')
  assert.equal(said.trim().split('\n').at(-1), 'connected', said)
  assert.deepEqual(processesOf(mark), [])
})

test('twenty at once have what was allowed to each, and no more', async (t) => {
  const startedAt = performance.now()
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const allowed = number % 2 === 0 ? 'open.example' : 'other.example'
      const child = start(
        WHO[number % 3 === 0 ? 1 : 0]!,
        `${process.pid}-twenty`,
        `${CONNECT}connect open.example 443; connect other.example 443; ls /proc | grep -c '^[0-9]'`,
        ['--quiet', '--allow', allowed],
      )
      let said = ''
      child.stdout!.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      await once(child, 'close')
      return said.split('\n').slice(0, 2).join(', ')
    }),
  )
  t.diagnostic(`twenty in ${Math.round((performance.now() - startedAt) / 1000)} s`)
  const expected = (number: number) => (number % 2 === 0 ? 'connected, no such name' : 'no such name, connected')
  assert.deepEqual(
    outcomes,
    outcomes.map((_, number) => expected(number)),
  )
})
