// The evidence of a gateway that has run, compared with what was done to it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Evidence } from '../../src/report/evidence/evidence.ts'
import { linesOf } from '../journal/log.ts'
import { runCommand } from '../support/namespace.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const ZONE = 'www.example\n!evil.example\ndb.example tcp/5432 private until=2099-12-31\n'
/** Nothing in a name that somebody asks for may become part of the page. */
const MARKUP = 'a|b`c](x)<script>.example'

const world = await createWorld(['www.example. 300 IN A 192.0.2.10', 'api.example. 300 IN A 192.0.2.11'])
const { alpha, folder } = world
const sallyport = await startForward(world, {
  zones: { 'app.zone': ZONE },
  settings: { journal: { folder: './journal', checkpointSeconds: 1 } },
})
after(async () => {
  await sallyport.stop()
  await world.close()
})

const git = (...words: readonly string[]) =>
  runCommand(['git', '-C', sallyport.zones, '-c', 'user.name=Rev Iewer', '-c', 'user.email=r@example.org', ...words])
const journal = join(sallyport.folder, 'journal')

git('init', '--quiet')
git('add', '.')
git('commit', '--quiet', '--message', 'what the agent needs')
await assertReachable(alpha, 'www.example')
await alpha.ask(MARKUP)
await assertRefused(alpha.agent, '192.0.2.99')
sallyport.writeZone('app.zone', `${ZONE}api.example\n`)
git('commit', '--quiet', '--all', '--message', 'billing | needs its API')
await eventually('the change is in force', async () => (await alpha.ask('api.example')).answers.length > 0)
const logText = () => ['resolver', 'updater'].map((stream) => readFileSync(join(journal, stream, '000000000001.jsonl'), 'utf8')).join('')
await eventually('it is all in the log', () => ['192.0.2.99', 'api.example', 'script'].every((text) => logText().includes(text)), 10_000)
await sallyport.stop()

let bundles = 0

function report(...words: readonly string[]) {
  const target = join(folder, `evidence-${bundles++}`)
  const { status, stdout, stderr } = sallyport.cli('report', target, ...words)
  const read = (file: string) => readFileSync(join(target, file), 'utf8')
  return { target, status, said: stdout + stderr, read, evidence: () => JSON.parse(read('report.json')) as Evidence }
}

test('the bundle has policy, destinations, log, proof and history, and sums of every file', () => {
  const checkpoints = join(folder, 'checkpoints')
  writeFileSync(checkpoints, sallyport.cli('log', 'checkpoint').stdout)
  const proof = join(folder, 'proof.json')
  writeFileSync(proof, runCommand([PROGRAM, 'prove', '--only', 'icmp', '--json']))
  const { status, said, read, evidence, target } = report('--checkpoint', checkpoints, '--proof', proof)
  assert.equal(status, 0, said)

  const { policy, rows, log, history, proof: proven, findings, setup } = evidence()
  assert.deepEqual(findings, [])
  assert.deepEqual([setup.guard, setup.clients.map(({ name }) => name)], ['forward', ['alpha', 'beta']])
  assert.deepEqual(
    policy.files
      .flatMap(({ entries }) => entries)
      .map(({ line, kind, subject, ports, private: isPrivate, until }) => [line, kind, subject, ports.join(), isPrivate, until]),
    [
      [1, 'allow', 'www.example', 'tcp/443', false, null],
      [2, 'deny', 'evil.example', '', false, null],
      [3, 'allow', 'db.example', 'tcp/5432', true, '2099-12-31'],
      [4, 'allow', 'api.example', 'tcp/443', false, null],
    ],
  )
  const verdicts = rows.map(({ client, destination, port, verdict }) => [client, destination, port, verdict].join(' '))
  for (const row of ['alpha www.example 443 allow', 'alpha 192.0.2.99 443 deny', 'alpha api.example  allow'])
    assert.ok(verdicts.includes(row), `${row}: ${verdicts}`)
  assert.deepEqual([log!.intact, log!.streams.every(({ shownOutside }) => shownOutside > 0)], [true, true])
  assert.deepEqual([proven!.proven, proven!.guard], [true, 'forward'])
  assert.deepEqual(
    history.revisions.map(({ entries }) => entries),
    [3, 4],
  )
  assert.equal(history.revisions[1]!.revision, policy.revision)
  assert.deepEqual(
    history.commits.map(({ subject, author }) => [subject, author]),
    [
      ['billing | needs its API', 'Rev Iewer'],
      ['what the agent needs', 'Rev Iewer'],
    ],
  )

  assert.equal(read('zones/app.zone'), `${ZONE}api.example\n`)
  assert.match(read('policy-history.patch'), /^\+api\.example$/m)
  assert.match(read('destinations.csv'), /^alpha,www\.example,name/m)
  assert.equal(spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: target }).status, 0)
  const listed = new Set(linesOf(join(target, 'SHA256SUMS')).map((line) => line.slice(66)))
  const present = runCommand(['find', target, '-type', 'f', '-printf', '%P\\n'])
    .trim()
    .split('\n')
    .filter((file) => file !== 'SHA256SUMS')
  assert.deepEqual([...listed].toSorted(), present.toSorted())
})

test('the page is for people: it begins with whether it shows what is enforced, and with what was found; and nothing that was asked for becomes markup', () => {
  const page = report().read('report.md')
  assert.match(
    page,
    /^# Egress control: evidence\n\nMade \S+ on `.*` by sallyport \d+\.\d+\.\d+, for \S+ to \S+\n\n\*\*The updater did not run[^\n]*\n\n\*\*Nothing was found/,
  )
  for (const section of [
    'Set-up',
    'Policy in force',
    'Decision log',
    'Destinations',
    'Attempts to escape',
    'Host',
    'History',
    'Requirements',
    'What this does not show',
  ])
    assert.match(page, new RegExp(`^## ${section}$`, 'm'))
  assert.match(page, /^```mermaid\nflowchart LR\n/m)
  assert.match(page, /^\| `SOC 2` \| `CC6\.6` /m)
  assert.match(page, /Not part of this bundle: run `sallyport prove/)
  const lines = page.split('\n')
  const tables = lines.filter((line) => line.startsWith('|'))
  const columnsOf = (line: string) => line.split('|').length
  lines.forEach((line, index) => {
    if (line.startsWith('| ') && lines[index - 1]?.startsWith('|')) assert.equal(columnsOf(line), columnsOf(lines[index - 1]!), line)
  })
  assert.ok(
    tables.some((line) => line.includes('script')),
    'the odd name is listed',
  )
  assert.ok(lines.every((line) => !/<script>/.test(line.replace(/`[^`]*`/g, ''))))
})

test('a log that was tampered with, a policy that is none and a mode that lets through are findings, and exit code 1', () => {
  const changed = join(folder, 'changed')
  cpSync(sallyport.folder, changed, { recursive: true })
  const file = join(changed, 'journal/resolver/000000000001.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('www.example', 'vvv.example'))
  appendFileSync(join(changed, 'zones/app.zone'), 'not a name\n')
  const config = join(changed, 'sallyport.yaml')
  writeFileSync(config, JSON.stringify({ ...(JSON.parse(readFileSync(config, 'utf8')) as object), mode: 'audit' }))
  const target = join(folder, 'findings')
  const [program, ...rest] = [PROGRAM, 'report', target, '--config', config]
  const { status, stdout } = spawnSync(program!, rest, { encoding: 'utf8', cwd: changed })
  assert.equal(status, 1)
  assert.match(stdout, /^Mode audit is set/m)
  assert.match(stdout, /^The zone files are not valid: .*app\.zone:5: /m)
  assert.match(stdout, /^The decision log is not what was written\.$/m)
  const page = readFileSync(join(target, 'report.md'), 'utf8')
  assert.match(page, /\*\*Findings\*\*\n\n- Mode audit/)
  assert.match(page, /\*\*It is not what was written\.\*\*\n\n- `.*000000000001\.jsonl:\d+`/)
})

test('a folder that holds something, and a proof that is none, are refused', () => {
  const used = sallyport.cli('report', sallyport.zones)
  assert.deepEqual([used.status, /is not empty: name another folder/.test(used.stderr)], [2, true], used.stderr)
  const proof = join(folder, 'other.json')
  writeFileSync(proof, '{"proven": true}')
  const { status, said } = report('--proof', proof)
  assert.deepEqual([status, /has no findings: write it with "sallyport prove --json/.test(said)], [2, true], said)
})
