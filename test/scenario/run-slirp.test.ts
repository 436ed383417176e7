// `sallyport run` where there is no pasta: slirp4netns carries the packets, and nothing else of it is there.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import {
  CONNECT,
  type ConfinedOptions,
  confinedWords,
  createRunWorld,
  type Outcome,
  outcomeOf,
  processesOf,
  RUN_MARK,
  withoutPrograms,
} from '../support/confined.ts'
import { inNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'

const world = await createRunWorld()
after(() => world.close())

const server = inNamespace(world.gateway, () => createServer((socket) => socket.end()).listen(5432))
await once(server, 'listening')
after(() => server.close())

const [CONNECTED, NO_NAME, REFUSED] = ['connected', 'no such name', 'Connection refused']

function run(missing: readonly string[], options: ConfinedOptions): Promise<Outcome> {
  const { folder } = world
  return outcomeOf(withoutPrograms(missing, confinedWords(world, options)), { cwd: folder, ...options.spawn })
}

async function reach(
  missing: readonly string[],
  options: Pick<ConfinedOptions, 'who' | 'flags' | 'spawn'>,
  destinations: readonly string[],
) {
  const script = `${CONNECT}${destinations.map((destination) => `connect ${destination}`).join('\n')}`
  const { stdout, stderr } = await run(missing, { ...options, command: ['sh', '-c', script] })
  return stderr.startsWith('sallyport: need') ? stderr : stdout.trim().split('\n')
}

for (const who of ['root', 'user'] as const) {
  test(`${who}: an allowed name is reached over IPv4 and IPv6, all else is refused at once`, async () => {
    const destinations = ['open.example 443', '203.0.113.10 443', '2001:db8:1::10 443', '203.0.113.10 80', 'closed.example 443']
    const outcomes = await reach(['pasta'], { who, flags: ['--allow', 'open.example'] }, destinations)
    assert.deepEqual(outcomes, [CONNECTED, CONNECTED, CONNECTED, REFUSED, NO_NAME])
  })

  test(`${who}: a service of the machine is reached where it is allowed, and its loopback not otherwise`, async () => {
    assert.deepEqual(await reach(['pasta'], { who, flags: ['--allow', 'host:5432'] }, ['host 5432', 'host 22']), [CONNECTED, REFUSED])
    const address = readHost()
    for (const missing of [['pasta'], []]) {
      const [outcome] = await reach(missing, { who, flags: ['--allow', `${address}:5432`] }, [`${address} 5432`])
      assert.notEqual(outcome, CONNECTED, `without ${missing}`)
    }
  })
}

/** The address that stands for the machine where that is asked for. */
function readHost(): string {
  return /HOST = pair\('([\d.]+)'/.exec(readFileSync(new URL('../../src/sandbox/plan.ts', import.meta.url), 'utf8'))![1]!
}

test('it comes back when it is killed, and ends with the run', async () => {
  const mark = `${process.pid}-slirp`
  const again = `${CONNECT}connect open.example 443; for i in 1 2 3 4 5 6 7 8; do sleep 0.5; connect open.example 443; done`
  const ended = run(['pasta'], {
    who: 'user',
    flags: ['--allow', 'open.example'],
    command: ['sh', '-c', again],
    spawn: { env: { ...process.env, [RUN_MARK]: mark } },
  })
  const processes = (name: string) => processesOf(mark).filter((pid) => commandOf(pid) === name)
  const carriers = () => processes('slirp4netns')
  await eventually('it has connected once', () => processes('sleep').length > 0, 20_000)
  assert.equal(carriers().length, 2)
  for (const pid of carriers()) process.kill(Number(pid), 'SIGKILL')
  const { stdout } = await ended
  assert.equal(stdout.trim().split('\n').at(-1), CONNECTED, stdout)
  assert.deepEqual(processesOf(mark), [])
})

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

test('without either of them, it is said what to install', async () => {
  const { status, stderr } = await run(['pasta', 'slirp4netns'], { who: 'root', command: ['true'] })
  assert.deepEqual([status, /install the package passt, or slirp4netns/.test(stderr)], [2, true], stderr)
})
