import assert from 'node:assert/strict'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from './home.ts'

const ZONE = '# ours\n\na.example   tcp/443   # the API\n'

test('allow adds an entry, keeps the rest of the file, and ends with the new verdict', (t) => {
  const { run, read } = makeHome(t, { zones: { 'app.zone': ZONE } })
  const { status, stdout } = run('allow', 'b.example:8443')
  assert.equal(status, 0)
  assert.match(stdout, /app\.zone is written\nb\.example tcp\/8443 is allowed on tcp\/8443\n .*app\.zone:4: b\.example tcp\/8443\n$/)
  assert.equal(read('zones/app.zone'), `${ZONE}b.example tcp/8443\n`)
  const again = run('allow', 'b.example:8443')
  assert.deepEqual([again.status, /says so already/.test(again.stdout)], [0, true])
})

test('deny replaces an allow, and ends with the new verdict', (t) => {
  const { run, read } = makeHome(t, { zones: { 'app.zone': ZONE } })
  const { status, stdout } = run('deny', 'a.example')
  assert.equal(status, 0)
  assert.match(stdout, /a\.example is denied: an entry denies it/)
  assert.equal(read('zones/app.zone'), '# ours\n\n!a.example\n')
})

test('where the base tier has the last word the entry is written, and exit 1 says that it changes nothing', (t) => {
  const { run } = makeHome(t, { zones: { 'base.zone': '$TIER base\n!a.example\n' } })
  const { status, stdout } = run('allow', 'a.example')
  assert.equal(status, 1)
  assert.match(stdout, /app\.zone is written\na\.example is denied: an entry denies it\n .*base\.zone:2: !a\.example\n$/)
})

test('with two folders the edit goes to that of the app tier; --file names another file', (t) => {
  const { run, read, folder } = makeHome(t, { settings: { zones: { base: './base', app: './app' } } })
  for (const tier of ['base', 'app']) mkdirSync(join(folder, tier))
  assert.equal(run('allow', 'a.example').status, 0)
  assert.equal(read('app/app.zone'), 'a.example\n')
  assert.equal(run('allow', 'b.example', '--file', 'app/more.zone').status, 0)
  assert.equal(read('app/more.zone'), 'b.example\n')
})

test('an edit that the file would not survive is refused, and the file is left alone', (t) => {
  const { run, read } = makeHome(t, { zones: { 'app.zone': ZONE } })
  for (const [words, said] of [
    [['allow', '*.com'], /app\.zone:4: .*public suffix.*\n.*app\.zone would be broken, so it was left alone/],
    [['allow', 'https://a.example/'], /write "a\.example"/],
    [['allow', 'a.example:0'], /port "0"/],
    [['deny', 'a.example:22'], /a deny holds for every port: leave the port out of "a\.example:22"/],
  ] as const) {
    const { status, stdout, stderr } = run(...words)
    assert.deepEqual([status, stdout], [2, ''], words.join(' '))
    assert.match(stderr, said)
    assert.equal(read('zones/app.zone'), ZONE)
  }
})

test('an edit beyond the limits of the app tier is refused, and check says the same with file and line', (t) => {
  const settings = { limits: { app: { wildcards: false, ports: [443] } } }
  const { run, read } = makeHome(t, { settings, zones: { 'app.zone': ZONE, 'other.zone': 'b.example 22\n' } })
  const { status, stderr } = run('allow', '*.cdn.example')
  assert.deepEqual([status, read('zones/app.zone')], [2, ZONE])
  assert.match(stderr, /app\.zone:4: stands for more than one: limits\.app\.wildcards/)
  assert.match(run('check').stdout, /other\.zone:1: opens tcp\/22; limits\.app\.ports permits tcp\/443/)
})

test('a wildcard, and a prefix, have no one verdict: the file is written, exit 0', (t) => {
  const { run, read } = makeHome(t)
  assert.equal(run('allow', '*.cdn.example:443').status, 0)
  assert.equal(run('deny', '203.0.113.0/24').status, 0)
  assert.equal(read('zones/app.zone'), '*.cdn.example tcp/443\n!203.0.113.0/24\n')
})

test('owner, mode and link of the file stay, and nothing is left beside it', (t) => {
  const { run, folder } = makeHome(t, { zones: { 'real.txt': ZONE } })
  const [real, link] = [join(folder, 'zones/real.txt'), join(folder, 'zones/app.zone')]
  symlinkSync('real.txt', link)
  chownSync(real, 1234, 1234)
  chmodSync(real, 0o640)
  assert.equal(run('allow', 'b.example').status, 0)
  const { uid, gid, mode } = statSync(real)
  assert.deepEqual([uid, gid, mode & 0o777], [1234, 1234, 0o640])
  assert.ok(lstatSync(link).isSymbolicLink())
  assert.deepEqual(readdirSync(join(folder, 'zones')), ['app.zone', 'real.txt'])
})

test('a file that cannot be read or written is exit 2 with its name', (t) => {
  const { run, folder } = makeHome(t)
  mkdirSync(join(folder, 'zones/app.zone'))
  const { status, stderr } = run('allow', 'a.example')
  assert.deepEqual([status, /^sallyport: cannot read \S+\/app\.zone: /.test(stderr)], [2, true])
})

test('an entry in a file that is not among the zone files of the settings is not in force, and that is said', (t) => {
  const { run, read, write } = makeHome(t, { zones: { 'app.zone': 'a.example\n' } })
  write('other.zone', '')
  const { status, stdout } = run('allow', 'b.example', '--file', 'other.zone')
  assert.deepEqual([status, read('other.zone')], [0, 'b.example\n'])
  assert.match(stdout, /^other\.zone is written\nother\.zone is not among the zone files of the settings, so nothing has changed yet\n$/)
})
