import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from '../cli/home.ts'

const SECRET = 'hunter2'
const SETTINGS = { resolver: { upstreams: [`https://dns.example/${SECRET}`, `https://192.0.2.1:8443/${SECRET}/dns-query`] } }
const ZONES = { 'app.zone': 'api.example\n' }

test('no path of an upstream and no variable of the environment is in the bundle', (t) => {
  const home = makeHome(t, { settings: SETTINGS, zones: ZONES })
  process.env.SALLYPORT_TEST_TOKEN = SECRET
  t.after(() => delete process.env.SALLYPORT_TEST_TOKEN)
  const { stderr } = home.run('report', 'evidence')
  assert.equal(stderr, '')
  const files = readdirSync(join(home.folder, 'evidence'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(files.length >= 5)
  for (const { parentPath, name } of files)
    assert.doesNotMatch(home.read(join(parentPath, name).slice(home.folder.length)), new RegExp(SECRET), name)
  assert.match(home.read('evidence/settings/sallyport.yaml'), /"https:\/\/dns\.example\/…",\s+"https:\/\/192\.0\.2\.1:8443\/…"/)
  assert.match(home.read('evidence/report.md'), /That it is enforced now: the updater did not run/)
})

test('what doctor found is taken in: bad is a finding, doubtful is told, and a file that is something else is refused', (t) => {
  const home = makeHome(t, { settings: SETTINGS, zones: ZONES })
  const findings = [
    { topic: 'clock', state: 'bad', says: 'it is an hour off' },
    { topic: 'redirect', state: 'doubtful', says: 'are sent' },
    { topic: 'kernel', state: 'good', says: 'has it all' },
  ]
  home.write('doctor.json', JSON.stringify({ version: 1, healthy: false, findings }))
  const { status, stdout } = home.run('report', 'evidence', '--doctor', 'doctor.json')
  assert.equal(status, 1)
  assert.match(stdout, /^The host does not hold what the guard needs: clock: it is an hour off$/m)
  assert.match(
    home.read('evidence/report.md'),
    /## Host\n\n.*1 bad, 1 doubtful, 1 good.*\n\n- clock: it is an hour off\n- redirect: are sent\n/,
  )
  assert.equal(home.read('evidence/doctor.json'), home.read('doctor.json'))
  home.write('other.json', '{"version": 1}')
  const other = home.run('report', 'more', '--doctor', 'other.json')
  assert.equal(other.status, 2)
  assert.match(other.stderr, /other\.json has no findings: write it with "sallyport doctor --json >other\.json"/)
})
