// `sallyport run`: what it says at the end, audit mode, and services of the machine.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Account } from '../../src/sandbox/account.ts'
import { CONNECT, confinedWords, type Outcome, runConfined, startConfined, type Who } from '../support/confined.ts'
import { inNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'open.example. 60 IN A 203.0.113.10',
  'closed.example. 60 IN A 203.0.113.20',
  'denied.example. 60 IN A 203.0.113.30',
])
after(() => world.close())

const [CONNECTED, NO_NAME, REFUSED] = ['connected', 'no such name', 'Connection refused']

/** "open.example 443": what came of each. */
async function reach(
  who: Who,
  destinations: readonly string[],
  flags: readonly string[],
): Promise<Outcome & { readonly outcomes: string[] }> {
  const script = `${CONNECT}${destinations.map((destination) => `connect ${destination}`).join('\n')}`
  const outcome = await runConfined(world, { who, flags, command: ['sh', '-c', script] })
  return { ...outcome, outcomes: outcome.stdout.trim().split('\n') }
}

test('zone files that are broken, and a folder that was named and is not there, end the run before the command begins', async () => {
  const zones = join(world.folder, 'broken-zones')
  mkdirSync(zones)
  writeFileSync(join(zones, 'app.zone'), 'open.example 99999\n')
  for (const [folder, said] of [
    [zones, /^sallyport: \/\S*broken-zones\/app\.zone:1: .*99999/],
    [join(world.folder, 'no-zones'), /^sallyport: \/\S*no-zones: .*it does not exist/],
  ] as const) {
    const { status, stdout, stderr } = await runConfined(world, { who: 'user', flags: ['--zones', folder], command: ['echo', 'began'] })
    assert.deepEqual([status, stdout], [2, ''], stderr)
    assert.match(stderr, said)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})

test('a zone file that is broken while the command runs is told by its own path', async () => {
  const zones = join(world.folder, 'changing-zones')
  mkdirSync(zones)
  writeFileSync(join(zones, 'app.zone'), 'open.example\n')
  const child = startConfined(world, { who: 'user', flags: ['--zones', zones], command: ['sh', '-c', 'echo began; read -r end'] })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(child.stdout!, 'data')
  writeFileSync(join(zones, 'app.zone'), 'open.example 99999\n')
  await eventually('it is told', () => said.includes('broken'), 10_000)
  child.stdin!.end()
  await once(child, 'exit')
  assert.equal(said.match(new RegExp(`error: ${join(zones, 'app.zone')}:1: `, 'g'))?.length, 1, 'once, not once for each part')
  assert.doesNotMatch(said, /dev\/shm\/zones/)
})

test('a table at the end says what was refused, how often, and what would allow it, and what was contacted', async () => {
  const json = join(world.folder, 'report.json')
  const zones = join(world.folder, 'some-zones')
  mkdirSync(zones)
  writeFileSync(join(zones, 'app.zone'), '!denied.example\n')
  const destinations = [
    'open.example 443',
    'open.example 80',
    'closed.example 443',
    'closed.example 443',
    '203.0.113.40 8443',
    'denied.example 443',
  ]
  const flags = ['--zones', zones, '--allow', 'open.example', '--json', json]
  const { outcomes, stderr } = await reach('root', destinations, flags)
  assert.deepEqual(outcomes, [CONNECTED, REFUSED, NO_NAME, NO_NAME, REFUSED, NO_NAME], stderr)
  const [, above, below] = /^sallyport: refused\n(.*)sallyport: contacted\n(.*)$/s.exec(stderr)!
  const rows = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/))
  const times = (text: string) => Number(text.replace('x', ''))
  const table = rows(above!)
    .map((row) => row.filter((cell) => !/^\d+x$/.test(cell)).join(' '))
    .sort()
  assert.deepEqual(table, [
    '203.0.113.40 tcp/8443 --allow 203.0.113.40:8443',
    'closed.example --allow closed.example',
    'denied.example a zone file denies it',
    'open.example tcp/80 --allow open.example:80',
  ])
  // Of each name both families were asked for.
  assert.equal(times(rows(above!).find(([name]) => name === 'closed.example')![1]!), 4)
  assert.match(below!, /^ {2}open\.example {2}tcp\/443 {2}1x {2}\d+ KiB\n$/)

  const account = JSON.parse(readFileSync(json, 'utf8')) as Account & { version: number; exitCode: number; command: string[] }
  assert.deepEqual([account.version, account.exitCode, account.command[0]], [1, 0, 'sh'])
  assert.deepEqual(account.refused.map(({ destination, allow }) => `${destination} ${allow}`).sort(), [
    '203.0.113.40 203.0.113.40:8443',
    'closed.example closed.example',
    'denied.example null',
    'open.example open.example:80',
  ])
})

test('what the table says would allow it, allows it', async () => {
  const flags = ['--allow', 'open.example:80', '--allow', '203.0.113.40:8443']
  const { outcomes } = await reach('root', ['open.example 80', '203.0.113.40 8443'], flags)
  assert.deepEqual(outcomes, [CONNECTED, CONNECTED])
})

test('audit mode lets names and addresses through, and lists what would be refused', async () => {
  const { outcomes, stderr } = await reach('user', ['closed.example 443', '203.0.113.40 8443'], ['--audit'])
  assert.deepEqual(outcomes, [CONNECTED, CONNECTED])
  assert.match(stderr, /^sallyport: let through by audit mode, and refused otherwise\n {2}closed\.example .*--allow closed\.example\n/)
  assert.match(stderr, /203\.0\.113\.40 +tcp\/8443 +1x +--allow 203\.0\.113\.40:8443\n/)
})

for (const who of ['root', 'user'] as const) {
  test(`${who}: a service of the machine is reached as "host" where it is allowed, on that port alone`, async (t) => {
    const servers = [5432, 5433].map((port) => inNamespace(world.gateway, () => createServer((socket) => socket.end()).listen(port)))
    await Promise.all(servers.map((server) => new Promise((listening) => server.once('listening', listening))))
    t.after(() => servers.map((server) => server.close()))
    assert.deepEqual((await reach(who, ['host 5432', 'host 5433'], ['--allow', 'host:5432'])).outcomes, [CONNECTED, REFUSED])
    assert.deepEqual((await reach(who, ['host 5432'], ['--audit'])).outcomes, [REFUSED])
  })
}

test('nothing is said where nothing was tried, and nothing with --quiet', async () => {
  assert.equal((await runConfined(world, { who: 'root', command: ['true'] })).stderr, '')
  assert.equal((await reach('root', ['closed.example 443'], ['--quiet'])).stderr, '')
})

test('settings and zone files that the command has made for the next run, or put in the place of others, are told of', async () => {
  const project = join(world.folder, 'project')
  mkdirSync(join(project, 'zones'), { recursive: true })
  const run = (script: string) =>
    runConfined(world, { who: 'root', flags: ['--quiet'], command: ['sh', '-c', script], spawn: { cwd: project } })
  const told = (file: string) =>
    `sallyport: ${join(project, file)} is not what it was when the command began, and the next run from here reads it: look at it first\n`
  assert.equal((await run('echo more >>other')).stderr, '')
  assert.equal((await run('echo zones: ./zones >sallyport.yaml')).stderr, told('sallyport.yaml'))
  const moved = await run('cd .. && mv project away && mkdir -p project/zones && cp away/sallyport.yaml project')
  assert.equal(moved.stderr, told('sallyport.yaml') + told('zones'))
})

test('a call that cannot be meant says so before anything is started', async () => {
  const { status, stderr } = await runConfined(world, { who: 'root', flags: ['--allow', 'https://a.example/'], command: ['true'] })
  assert.deepEqual([status, stderr.includes('a.example')], [2, true], stderr)
  const report = await runConfined(world, { who: 'root', flags: ['--json', '/no/such/folder/report'], command: ['true'] })
  assert.deepEqual([report.status, report.stderr], [2, 'sallyport: --json: /no/such/folder/report cannot be written: ENOENT\n'])
})

test('what the machine lacks is said, with the way to mend it', async () => {
  const without = (what: string) => ['unshare', '--mount', '--', 'sh', '-ec', `${what}; exec "$@"`, 'sh']
  const run = (what: string) => {
    const [program, ...words] = [...without(what), ...confinedWords(world, { who: 'root', command: ['true'] })] as [string, ...string[]]
    return spawnSync(program, words, { cwd: world.folder, encoding: 'utf8', timeout: 30_000 })
  }
  const noTun = run('mount -t tmpfs tmpfs /dev/net')
  assert.deepEqual([noTun.status, noTun.stderr.trim().endsWith('run "sudo modprobe tun"')], [2, true], noTun.stderr)
})
