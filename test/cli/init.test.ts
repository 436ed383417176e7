import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { presetNames, readPreset } from '../../src/cli/preset.ts'
import { makeHome } from './home.ts'

/** An empty folder to begin in. */
function makeEmpty(context: Parameters<typeof makeHome>[0]) {
  const home = makeHome(context)
  for (const name of readdirSync(home.folder)) rmSync(join(home.folder, name), { recursive: true })
  return home
}

test('settings, an app zone and a zone file for each preset, which pass check and decide', (t) => {
  const { run, read } = makeEmpty(t)
  const { status, stdout } = run('init', 'npm', 'github')
  assert.equal(status, 0)
  assert.deepEqual(
    stdout.split('\n').map((line) => line.replace(/ .*\/sallyport-test-[^/]*\//, ' ')),
    [
      'wrote sallyport.yaml',
      'wrote zones/app.zone',
      'wrote zones/npm.zone',
      'wrote zones/github.zone',
      'next: "sallyport check", then "sallyport up"',
      '',
    ],
  )
  assert.match(run('check').stdout, /^3 zone files, \d+ entries: valid\n$/)
  assert.equal(run('why', 'github.com:22').status, 0)
  assert.equal(run('why', 'gist.github.com').status, 1)
  assert.equal(run('allow', 'api.example').status, 0)
  assert.match(read('zones/app.zone'), /^# .*\n# .*\napi\.example\n$/)
})

test('sallyport.yaml names the JSON Schema that this version checks it with', (t) => {
  const { run, read } = makeEmpty(t)
  run('init')
  const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(read('sallyport.yaml'))!
  assert.ok(existsSync(fileURLToPath(schema!)))
})

test('what exists is kept, and told; --force replaces zone files of presets and nothing else', (t) => {
  const { run, read, write } = makeEmpty(t)
  run('init', 'npm')
  write('sallyport.yaml', 'zones: ./zones # mine\n')
  write('zones/app.zone', 'mine.example\n')
  assert.equal(run('init', 'npm').status, 0, 'nothing to do is done')
  write('zones/npm.zone', 'mine.example\n')
  const kept = run('init', 'npm')
  assert.deepEqual([kept.status, read('zones/npm.zone')], [1, 'mine.example\n'])
  assert.match(kept.stdout, /kept \S+npm\.zone, which differs from the preset; --force replaces it/)
  const forced = run('init', '--force', 'npm')
  assert.deepEqual([forced.status, read('zones/npm.zone')], [0, readPreset('npm').text])
  assert.deepEqual([read('sallyport.yaml'), read('zones/app.zone')], ['zones: ./zones # mine\n', 'mine.example\n'])
})

test('zone files go where the settings say: presets to the base tier, app.zone to the app tier', (t) => {
  const { run, folder } = makeHome(t, { settings: { zones: { base: './etc/base', app: './app' } } })
  assert.equal(run('init', 'cargo').status, 0)
  assert.deepEqual([readdirSync(join(folder, 'etc/base')), readdirSync(join(folder, 'app'))], [['cargo.zone'], ['app.zone']])
  assert.match(run('check').stdout, /2 zone files, 3 entries: valid/)
})

test('--config and --zones name other places', (t) => {
  const { run, read } = makeEmpty(t)
  assert.equal(run('init', '--config', 'etc/agent.yaml', '--zones', 'names', 'go').status, 0)
  assert.match(read('etc/agent.yaml'), /^zones: names$/m)
  assert.match(read('names/go.zone'), /proxy\.golang\.org/)
})

test('an unknown preset is exit 2 with the list of those that there are, and nothing is written', (t) => {
  const { run, folder } = makeEmpty(t)
  const { status, stderr } = run('init', 'npm', 'pipy')
  assert.equal(status, 2)
  for (const name of presetNames()) assert.match(stderr, new RegExp(`\\b${name}\\b`))
  assert.deepEqual(readdirSync(folder), [])
})

test('a folder that cannot be written is exit 2 with its name', (t) => {
  const { run, write } = makeEmpty(t)
  write('zones', 'a file where a folder should be')
  const { status, stderr } = run('init', 'npm')
  assert.deepEqual([status, /^sallyport: cannot (read|write) \S+\/zones\/app\.zone: /.test(stderr)], [2, true])
})
