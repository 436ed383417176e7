// Where settings come from, and that every command stops at those that cannot be used.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { overridesOf } from '../../src/cli/flag.ts'
import { makeHome } from './home.ts'

const COMMANDS = [['up'], ['resolver'], ['updater'], ['down'], ['check'], ['why', 'a.example'], ['allow', 'a.example'], ['status']]

test('settings that cannot be used: exit 2 from every command, all problems at once, each with its line', (t) => {
  const { run, write } = makeHome(t)
  write('sallyport.yaml', 'mode: strict\nresolver:\n  upstream: system\n  maxTtlSeconds: soon\n')
  for (const words of COMMANDS) {
    const { status, stdout, stderr } = run(...words)
    assert.deepEqual([status, stdout], [2, ''], words.join(' '))
    assert.match(stderr, /sallyport\.yaml:1: mode: .*\n.*sallyport\.yaml:3: .*did you mean "upstreams"\?\n.*sallyport\.yaml:4: /)
  }
})

test('--config names the settings, and paths in them are relative to the file', (t) => {
  const { run, write, folder } = makeHome(t)
  mkdirSync(join(folder, 'etc', 'names'), { recursive: true })
  write('etc/other.yaml', 'zones: ./names\n')
  write('etc/names/app.zone', 'a.example\n')
  assert.equal(run('why', 'a.example', '--config', 'etc/other.yaml').status, 0)
  assert.equal(run('--config', 'etc/other.yaml', 'why', 'a.example').status, 0)
  assert.equal(run('why', 'a.example').status, 1)
  const missing = run('check', '--config', 'none.yaml')
  assert.deepEqual([missing.status, /none\.yaml: cannot be read: ENOENT/.test(missing.stderr)], [2, true])
})

test('a flag goes over the file, is relative to the working folder, and is named when it is wrong', (t) => {
  const { run, write, folder } = makeHome(t, { settings: { zones: './none' } })
  write('zones/app.zone', 'a.example\n')
  assert.equal(run('why', 'a.example', '--zones', 'zones').status, 0)
  for (const [flag, value] of [
    ['--upstream', 'dns.google:53x'],
    ['--listen', 'everywhere'],
  ] as const) {
    const { status, stderr } = run('check', join(folder, 'zones'), flag, value)
    assert.equal(status, 2)
    assert.match(stderr, new RegExp(`^sallyport: ${flag}: expected .*, got .*${value}`))
  }
})

test('each flag replaces the setting of its name', () => {
  const options = { config: 'a.yaml', state: '/s', listen: ['127.0.0.1:1', '[::1]:1'], upstream: ['system'] }
  assert.deepEqual(
    overridesOf(options).map(({ flag, path, value }) => [flag, path.join('.'), value]),
    [
      ['--state', 'state', '/s'],
      ['--listen', 'resolver.listen', ['127.0.0.1:1', '[::1]:1']],
      ['--upstream', 'resolver.upstreams', ['system']],
    ],
  )
})
