import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
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
})

test('without a running updater the page begins by saying that it does not show what is enforced', (t) => {
  const home = makeHome(t, { settings: SETTINGS, zones: ZONES })
  home.run('report', 'evidence')
  const page = home.read('evidence/report.md')
  assert.match(page, /^# .*\n\nMade .*\n\n\*\*The updater did not run, or could not be asked: .*\*\*\n\n\*\*(Nothing|Findings)/)
  assert.match(page, /## What this does not show\n[^#]*\n- That it is enforced now\.\n/)
})

test('what doctor found is taken in: bad is a finding, doubtful is told, and a file that is something else is refused', (t) => {
  const home = makeHome(t, { settings: SETTINGS, zones: ZONES })
  const findings = [
    { topic: 'clock', state: 'bad', says: 'it is an hour off' },
    { topic: 'redirect', state: 'doubtful', says: 'are sent' },
    { topic: 'kernel', state: 'good', says: 'has it all' },
  ]
  home.write('doctor.json', JSON.stringify({ version: 1, guard: 'forward', healthy: false, findings }))
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

test('what doctor found for another guard, and a proof of some attacks alone, are not taken for what is set', (t) => {
  const home = makeHome(t, { settings: { updater: { guard: 'forward', interfaces: ['veth*'] } }, zones: ZONES })
  home.write('doctor.json', JSON.stringify({ guard: 'output', findings: [{ topic: 'kernel', state: 'good', says: 'has it all' }] }))
  const proof = { guard: 'forward', protection: 'owner', unexplained: [], control: [true], milliseconds: 1, only: ['icmp'] }
  home.write('proof.json', JSON.stringify({ ...proof, findings: [{ outcome: 'held' }] }))
  const { stdout } = home.run('report', 'evidence', '--doctor', 'doctor.json', '--proof', 'proof.json')
  assert.match(stdout, /^The host was examined for guard output, and forward is set\.$/m)
  const page = home.read('evidence/report.md')
  assert.match(page, /0 of 1 got out: .*; of attacks named icmp alone/)
  assert.match(page, /## What this does not show\n[^#]*\n- Attacks other than those named icmp: the proof is of these alone\./)
})

test('files of another shape than proofs and diagnoses are refused in words', (t) => {
  const home = makeHome(t, { zones: ZONES })
  const shapes = [[null], ['x'], [{ outcome: 'fine' }], [{ state: 'bad', topic: 1, says: 2 }]]
  for (const [index, findings] of shapes.entries()) {
    home.write(
      'shape.json',
      JSON.stringify({ findings, unexplained: [], control: [], guard: 'forward', protection: 'owner', milliseconds: 1 }),
    )
    for (const flag of ['--proof', '--doctor']) {
      const { status, stderr } = home.run('report', `evidence-${index}`, flag, 'shape.json')
      assert.deepEqual([status, /^sallyport: shape\.json .*write it with "sallyport (prove|doctor) --json/.test(stderr)], [2, true], stderr)
    }
  }
})

test('whatever the owner of the zone files calls them, each has its copy, and a line of SHA256SUMS is one', (t) => {
  const home = makeHome(t, { settings: { zones: { base: './zones', app: './app' } }, zones: { 'x.zone': 'one.example\n' } })
  mkdirSync(join(home.folder, 'app'))
  const named = { '1-x.zone': 'two.example\n', 'x.zone': 'three.example\n', 'y\\0  z.zone': 'four.example\n' }
  for (const [name, text] of Object.entries(named)) home.write(`app/${name}`, text)
  home.run('report', 'evidence')
  const copies = readdirSync(join(home.folder, 'evidence/zones')).toSorted()
  assert.deepEqual(copies, ['1-x.zone', '2-x.zone', 'x.zone', 'y_0  z.zone'])
  assert.match(home.read('evidence/zones/1-x.zone'), /two/)
  assert.match(home.read('evidence/zones/2-x.zone'), /three/)
  for (const line of home.read('evidence/SHA256SUMS').trim().split('\n')) assert.match(line, /^[0-9a-f]{64} {2}\S/)
})

test('what turns the direction of writing is shown, not written, in the page', (t) => {
  const home = makeHome(t, { zones: { 'app.zone': 'api.example\nx\u202eenoz\n' } })
  home.run('report', 'evidence')
  const page = home.read('evidence/report.md')
  assert.doesNotMatch(page, /\u202e/)
  assert.match(page, /x\\u202eenoz/)
})
