// What status and why say of a running sallyport.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { PROGRAM } from '../support/sallyport.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const MANY = Array.from({ length: 60 }, (_, index) => `n${index}.many.example`)
const ZONE = 'www.example\nother.example 443 8443\n*.many.example\n'
const world = await createWorld([
  'www.example. 300 IN A 192.0.2.10',
  'other.example. 300 IN A 192.0.2.11',
  ...MANY.map((name) => `${name}. 300 IN A 192.0.2.12`),
])
const { alpha, beta } = world
const sallyport = await startForward(world, { zones: { 'app.zone': ZONE } })
after(async () => {
  await sallyport.stop()
  await world.close()
})
await assertReachable(alpha, 'www.example')

interface Status {
  readonly version: number
  readonly resolver: { readonly policy: { readonly revision: string }; readonly counters: { readonly allowed: number } } | null
  readonly updater: { readonly revision: string; readonly enforced: boolean; readonly leases: readonly Record<string, unknown>[] } | null
}

const json = (...words: readonly string[]) => JSON.parse(sallyport.cli(...words, '--json').stdout)

test('status says in words what runs, what is enforced, which policy is in force, and who has what open', () => {
  const { status, stdout } = sallyport.cli('status')
  assert.equal(status, 0)
  assert.match(stdout, /^resolver: pid \d+, uid \d+, listening on /m)
  assert.match(stdout, /^policy: revision [0-9a-f]{16}, 3 entries/m)
  assert.match(stdout, /^updater: pid \d+, uid \d+, guard forward, enforced by table sallyport/m)
  assert.match(stdout, /alpha .*www\.example .*192\.0\.2\.10 .*\d+ s/)
})

test('status --json is the same for machines: versioned, both parts of one mind', () => {
  const { version, resolver, updater } = json('status') as Status
  assert.equal(version, 1)
  assert.equal(resolver!.policy.revision, updater!.revision)
  assert.equal(updater!.enforced, true)
  assert.deepEqual(
    updater!.leases.map(({ client, name, address }) => [client, name, address]),
    [['alpha', 'www.example', '192.0.2.10']],
  )
})

test('status lists fifty leases, by client and name with what they carried, and more when asked', async () => {
  for (const name of MANY) await beta.ask(name)
  const { stdout } = sallyport.cli('status')
  assert.match(stdout, /^leases: 61 of at most \d+\n {2}client +name +address +ports +left +packets\n {2}alpha +www\.example/m)
  assert.match(stdout, /^ {2}11 more: --all, or --client NAME$/m)
  assert.equal(stdout.match(/^ {2}beta /gm)?.length, 49)
  assert.equal(sallyport.cli('status', '--all').stdout.match(/^ {2}beta /gm)?.length, 60)
  assert.doesNotMatch(sallyport.cli('status', '--client', 'alpha').stdout, /beta|more/)
  await eventually('packets are counted', () => {
    const { updater } = json('status', '--client', alpha.address4) as Status
    return Number(updater!.leases[0]!.packets) >= 3
  })
})

test('status counts queries, answers of upstream and attempts to go elsewhere', async () => {
  await assertRefused(alpha.agent, '192.0.2.99')
  const said = await eventually('the attempt is counted', () => {
    const { stdout } = sallyport.cli('status')
    return /1 attempt to go elsewhere/.test(stdout) && stdout
  })
  assert.match(said, /^queries: 6\d allowed, \d+ denied, 0 failed, \d+% from the cache/m)
  assert.match(said, /^upstream \S+:53: 6\d asked, 6\d answered in \d+\.\d ms on average$/m)
  assert.match(said, /^opened: 61 times in \d+\.\d ms on average/m)
})

test('a broken zone file is named, with how long ago it was seen', async () => {
  sallyport.writeZone('app.zone', `${ZONE}not a name\n`)
  const said = await eventually('the reload has failed', () => {
    const { stdout } = sallyport.cli('status')
    return /last reload failed/.test(stdout) && stdout
  })
  assert.match(said, /^last reload failed \d+ s ago, what was valid last stays in force:\n {2}\S*app\.zone:4: /m)
  sallyport.writeZone('app.zone', ZONE)
  await eventually('it is mended', () => /last reload: /.test(sallyport.cli('status').stdout))
})

test('--watch draws over itself on a terminal until Ctrl-C, and leaves the cursor there', async () => {
  const watcher = sallyport.spawn([
    'script',
    '--quiet',
    '--flush',
    '--return',
    '--command',
    `stty cols 60 rows 20; exec ${PROGRAM} status --watch --config ${sallyport.config}`,
    '/dev/null',
  ])
  const shown = collect(watcher)
  await eventually('it has drawn twice', () => shown().split('\x1b[H').length > 3)
  watcher.stdin!.write('\x03')
  const [code] = await once(watcher, 'close')
  assert.equal(code, 0)
  assert.ok(shown().startsWith('\x1b[?25l'))
  assert.ok(shown().endsWith('\x1b[?25h\r\n'))
  const lines = stripVTControlCharacters(shown().split('\x1b[H').at(-1)!).split('\r\n')
  assert.match(lines[0]!, /^resolver: pid/)
  assert.ok(lines.length <= 21 && lines.every((line) => line.length <= 60), lines.join('\n'))
})

test('--watch elsewhere prints one page after the other, without control characters', async () => {
  const watcher = sallyport.spawn([PROGRAM, 'status', '--watch', '--json', '--config', sallyport.config])
  const shown = collect(watcher)
  await eventually('two lines', () => shown().split('\n').length > 2)
  watcher.kill('SIGINT')
  const [code] = await once(watcher, 'close')
  assert.equal(code, 0)
  for (const line of shown().trim().split('\n')) assert.equal((JSON.parse(line) as Status).version, 1)
})

test('why an address: the name that opened it, for whom, and on which port', () => {
  const open = sallyport.cli('why', '192.0.2.10:443', '--client', 'alpha')
  assert.equal(open.status, 0, open.stdout + open.stderr)
  assert.match(open.stdout, /www\.example/)
  assert.equal(sallyport.cli('why', '192.0.2.10:80', '--client', 'alpha').status, 1)
  assert.equal(sallyport.cli('why', '192.0.2.10:443', '--client', 'beta').status, 1)
  assert.equal(sallyport.cli('why', '192.0.2.11:443', '--client', 'alpha').status, 1)
})

test('what was refused is told with the name that it was asked by, though that is denied by now: in the log, and by why', async () => {
  sallyport.writeZone('app.zone', ZONE.replace('www.example\n', ''))
  await eventually('the name is closed', async () => (await alpha.reach('192.0.2.10')) !== 'connected')
  await sallyport.logged(/"client":"alpha","address":"192\.0\.2\.10","ports":"tcp\/443","names":\["www\.example"\]/)
  const { status, stdout } = sallyport.cli('why', '192.0.2.10:443', '--client', 'alpha')
  assert.equal(status, 1)
  assert.match(stdout, /refused to alpha on tcp\/443: \d+ packets?, the last \d+ s ago; it had asked for www\.example/)
  assert.doesNotMatch(sallyport.cli('why', '192.0.2.10:443', '--client', 'beta').stdout, /refused/)
  assert.match(sallyport.cli('why', '192.0.2.99', '--client', 'alpha').stdout, /refused to alpha .* it had asked for no name/)
})

test('with a part stopped, status says which, and exits with 1', async () => {
  process.kill(sallyport.part('updater')!, 'SIGSTOP')
  const stopped = sallyport.cli('status', '--part', 'resolver')
  assert.equal(stopped.status, 0)
  const half = sallyport.cli('status')
  assert.equal(half.status, 1)
  assert.match(half.stdout, /^resolver: pid \d+/m)
  assert.match(half.stdout, /^updater: does not answer$/m)
  process.kill(sallyport.part('updater')!, 'SIGCONT')
  await sallyport.stop()
  const { status, stdout } = await eventually('status sees the end', () => {
    const said = sallyport.cli('status')
    return said.status === 1 && said
  })
  assert.equal(status, 1)
  assert.match(stdout, /resolver: not running\nupdater: not running/)
  assert.deepEqual(json('status'), { version: 1, resolver: null, updater: null })
})

function collect(child: ChildProcess): () => string {
  let text = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return () => text
}
