import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PROGRAM } from '../support/sallyport.ts'
import { makeHome } from './home.ts'

test('valid files: how many, and exit 0', (t) => {
  const { run, folder } = makeHome(t, { zones: { 'a.zone': 'a.example\n', 'b.zone': 'b.example\n*.c.example\n' } })
  for (const words of [['check'], ['check', 'zones'], ['check', join(folder, 'zones')]]) {
    const { status, stdout, stderr } = run(...words)
    assert.deepEqual([status, stdout, stderr], [0, '2 zone files, 3 entries: valid\n', ''])
  }
})

test('warnings have file and line, and leave the files valid', (t) => {
  const { run } = makeHome(t, {
    zones: { 'base.zone': '$TIER base\n!secret.example\n*.com\n', 'app.zone': 'a.example\na.example 22\nsecret.example\n!a.example\n' },
  })
  const { status, stdout } = run('check')
  assert.equal(status, 0)
  const lines = stdout.split('\n').map((line) => line.replace(/^.*\/zones\//, ''))
  assert.deepEqual(lines, [
    'app.zone:2: warning: a.example stands on line 1 already; their ports add up',
    'app.zone:4: warning: a.example is allowed and denied in this file (line 1 is the other one); the deny wins',
    'base.zone:3: warning: *.com is too wide: com is a public suffix: anybody can get a name below it',
    lines[3],
    '2 zone files, 6 entries: valid',
    '',
  ])
  assert.match(lines[3]!, /^base\.zone:2 denies secret\.example in the base tier$/)
})

test('errors of all files are told at once, with file and line: exit 1', (t) => {
  const { run } = makeHome(t, { zones: { 'a.zone': 'a.example\nhttps://b.example/x\nc.example 99999\n', 'b.zone': '*.com\n' } })
  const { status, stdout } = run('check')
  assert.equal(status, 1)
  assert.match(stdout, /a\.zone:2: .*write "b\.example"\n.*a\.zone:3: port "99999" .*\n.*b\.zone:1: .*public suffix.*\n/)
  assert.match(stdout, /broken and would not take effect\n$/)
})

test('a missing folder, an empty one, a binary file and one of 100 MB are told, not met with a stack', (t) => {
  const { run, write, folder } = makeHome(t)
  const empty = run('check')
  assert.deepEqual(
    [empty.status, /zones: warning: holds no \*\.zone file, so it allows nothing\n0 zone files/.test(empty.stdout)],
    [0, true],
  )
  write('zones/binary.zone', Buffer.from([0, 1, 2]))
  write('zones/huge.zone', '')
  truncateSync(join(folder, 'zones/huge.zone'), 100 << 20)
  const { status, stdout, stderr } = run('check')
  assert.deepEqual([status, stderr], [1, ''])
  assert.match(stdout, /binary\.zone: is not a text file.*\n.*huge\.zone: is larger than 64 MiB/)
  const missing = run('check', 'nowhere')
  assert.deepEqual([missing.status, /nowhere: cannot read the folder/.test(missing.stdout)], [1, true])
})

test('--json gives the findings with their places', (t) => {
  const { run } = makeHome(t, { zones: { 'a.zone': 'a.example\n?\n' } })
  const { status, stdout } = run('check', '--json')
  assert.equal(status, 1)
  const { version, valid, problems } = JSON.parse(stdout) as { version: number; valid: boolean; problems: Record<string, unknown>[] }
  assert.deepEqual([version, valid, problems.length], [1, false, 1])
  assert.deepEqual(Object.keys(problems[0]!), ['file', 'line', 'message', 'severity'])
  assert.deepEqual([problems[0]!.line, problems[0]!.severity], [2, 'error'])
})

/** Printed, more than a pipe holds. */
const manyProblems = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}.zone`, '?\n'.repeat(100)]))

test('whoever stops reading, as head does, is told nothing of it', (t) => {
  const { folder } = makeHome(t, { zones: manyProblems })
  const { stdout, stderr } = spawnSync('bash', ['-c', `${PROGRAM} check --json | head -1`], { cwd: folder, encoding: 'utf8' })
  assert.deepEqual([stdout, stderr], ['{\n', ''])
})

test('whoever reads slowly through a pipe reads all of it', (t) => {
  const { folder } = makeHome(t, { zones: manyProblems })
  const command = `${PROGRAM} check --json | (sleep 1; cat)`
  const { stdout } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })
  assert.ok((JSON.parse(stdout) as { problems: unknown[] }).problems.length >= 2_000)
})

test('what would steer a terminal is written out, whoever has put it into a zone file', (t) => {
  const { run, folder } = makeHome(t, { zones: { 'a.zone': '$TIER \u001b]0;x\u0007\na.example \u009b2J\nb.example \u202e\n' } })
  const file = join(folder, 'zones', 'a.zone')
  for (const { stdout, stderr } of [run('check'), run('why', 'a.example')]) {
    assert.doesNotMatch(stdout + stderr, /(?!\n)\p{Cc}|\u202e/u)
    assert.match(stdout + stderr, /a\.zone:1: .*\\u001b\]0;x\\u0007.*\n.*a\.zone:2: .*\\u009b2J/, file)
  }
})
