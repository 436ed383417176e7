import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Home, makeHome } from '../cli/home.ts'
import { contacted, decided, writeRecords } from './recorded.ts'

/** Three recorded runs, two of them in one log: all contacted the API, one the package server, one an address, one port 0 of another. */
async function recorded(context: TestContext, zones: Readonly<Record<string, string>> = {}): Promise<Home> {
  const home = makeHome(context, {
    settings: { updater: { guard: 'forward', interfaces: ['sbx*'] }, clients: { alpha: ['10.77.1.2'] } },
    zones,
  })
  const api = [decided('api.example', '192.0.2.2'), contacted('192.0.2.2', 'tcp/8443', { names: ['api.example'] })]
  await writeRecords(join(home.folder, 'one'), [...api, decided('deb.debian.org', '192.0.2.1'), contacted('192.0.2.1', 'tcp/80')])
  await writeRecords(join(home.folder, 'two'), [
    ...api,
    contacted('203.0.113.7', 'udp/9000'),
    contacted('203.0.113.8', 'tcp/0'),
    decided('idle.example', '192.0.2.9'),
  ])
  await writeRecords(join(home.folder, 'two'), [
    decided('api.example', '192.0.2.2'),
    contacted('192.0.2.2', 'tcp/8443', { names: ['api.example'], connections: 5, packets: 50 }),
  ])
  return home
}

test('suggest shows a diff with its evidence, and what it opens; --apply writes it, and then nothing is left to add', async (t) => {
  const home = await recorded(t, { 'app.zone': '# ours\nkept.example\n' })
  const { status, stdout, stderr } = home.run('suggest', 'one', 'two')
  assert.equal(stderr, '')
  const day = new Date().toISOString().slice(0, 10)
  const file = join(home.folder, 'zones/app.zone')
  assert.equal(
    stdout.slice(0, stdout.indexOf('# for ')),
    [
      `--- ${file}`,
      `+++ ${file}`,
      '@@ -1,2 +1,5 @@',
      ' # ours',
      ' kept.example',
      `+api.example tcp/8443  # seen in 3 of 3 runs, 7 connections, last ${day}`,
      `+idle.example tcp/443  # seen in 1 of 3 runs, never contacted, 1 lookup, last ${day}`,
      `+203.0.113.7 udp/9000  # seen in 1 of 3 runs, 2 connections, without any lookup, last ${day}`,
      '--- /dev/null',
      `+++ ${file.replace('app', 'base')}`,
      '@@ -0,0 +1,2 @@',
      '+$TIER base',
      `+deb.debian.org tcp/80  # seen in 1 of 3 runs, 2 connections, last ${day}`,
      '',
    ].join('\n'),
  )
  assert.match(stdout, /^# {3}\+ api\.example {2}tcp\/8443 /m)
  assert.match(stdout, /^# wider than seen: ports of idle\.example: .*--contacted leaves out$/m)
  assert.equal(status, 0)
  const narrow = home.run('suggest', 'one', 'two', '--contacted')
  assert.match(narrow.stdout, /^# left out: idle\.example \(alpha, 1 lookup, 0 connections\): it was asked for and never contacted$/m)
  assert.equal(narrow.status, 1)
  assert.equal(existsSync(file.replace('app', 'base')), false)

  const applied = home.run('suggest', 'one', 'two', '--apply')
  assert.deepEqual([applied.status, applied.stderr], [0, ''])
  assert.match(applied.stdout, /app\.zone is written\n.*base\.zone is written\n$/)
  assert.match(home.read('zones/app.zone'), /^# ours\nkept\.example\napi\.example tcp\/8443 .*\nidle\.example tcp\/443 .*\n203\.0\.113\.7 /)
  assert.equal(home.run('suggest', 'one', 'two').stdout, '# nothing to add: all that was seen is allowed\n')
  assert.equal(home.run('why', 'deb.debian.org:80').status, 0)
})

test('suggest has a machine form', async (t) => {
  const home = await recorded(t)
  const { version, runs, files, proposals, leftOut } = JSON.parse(home.run('suggest', 'one', '--json').stdout) as Record<string, unknown[]>
  assert.deepEqual([version, runs, leftOut], [1, 1, []])
  assert.deepEqual(
    (files as { file: string; isNew: boolean }[]).map(({ file, isNew }) => [file.split('/').at(-1), isNew]),
    [
      ['app.zone', true],
      ['base.zone', true],
    ],
  )
  assert.deepEqual(
    (proposals as { tier: string; subject: string; client: string | null }[]).map(({ tier, subject, client }) => [tier, subject, client]),
    [
      ['app', 'api.example', null],
      ['base', 'deb.debian.org', null],
    ],
  )
})

test('--unused lists the entries that nothing has used, and says how far the log goes back', async (t) => {
  const home = await recorded(t, { 'app.zone': 'api.example 8443\nold.example\n*.debian.org 80\n' })
  const { status, stdout, stderr } = home.run('suggest', 'one', '--unused', '30')
  assert.deepEqual([status, stdout], [1, `${join(home.folder, 'zones/app.zone')}:2: old.example\n1 entry unused\n`])
  assert.match(stderr, /^sallyport: the decision log goes back to \S+ only\n$/)
})

test('what cannot be: broken zone files, no log, a number that is none', async (t) => {
  const home = await recorded(t, { 'app.zone': 'https://a.example/\n' })
  for (const [words, said] of [
    [['one'], /app\.zone:1: .*write "a\.example"/],
    [['three'], /three holds no decision log/],
    [['one', '--wildcards', 'many'], /expected a whole number/],
    [['one', '--unused', '3', '--apply'], /cannot be used with/],
  ] as const) {
    const { status, stderr } = home.run('suggest', ...words)
    assert.equal(status, 2, words.join(' '))
    assert.match(stderr, said)
  }
})
