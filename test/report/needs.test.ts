import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PROGRAM } from '../support/sallyport.ts'

const DAY_MS = 86_400_000
const dayIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

const ZONES = {
  'zones/app.zone': `api.stripe.com
*.cdn.example 443 80
soon.example until=${dayIn(5)}
ended.example until=2020-01-01
203.0.113.7 tcp/8443
!denied.example
`,
  'zones/r.zone': '$CLIENTS reviewer\nr.example\n',
  'sallyport.yaml': 'clients: {reviewer: 10.77.0.2}\n',
}

function makeFolder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'needs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'zones'))
  for (const [path, text] of Object.entries({ ...ZONES, ...files })) writeFileSync(join(folder, path), text)
  return folder
}

function check(folder: string, ...words: readonly string[]) {
  return spawnSync(PROGRAM, ['check', ...words], { encoding: 'utf8', cwd: folder })
}

test('what is needed and allowed passes, by name, wildcard, port, address and client', (t) => {
  const needs = `- api.stripe.com:443
- {integration: payments, destination: api.stripe.com, owner: team-billing}
- x.cdn.example:80
- "*.cdn.example:443"
- 203.0.113.7:8443
- {destination: r.example, client: reviewer}
`
  const { status, stdout, stderr } = check(makeFolder(t, { 'needs.yaml': needs }), '--needs', 'needs.yaml')
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /6 needed destinations: all allowed/)
})

test('each destination left out, on another port, denied, ended or about to end is told with its line, owner and entry', (t) => {
  const needs = `- {integration: payments, destination: api.left-out.example:443, owner: team-billing}
- api.stripe.com:22
- denied.example
- ended.example
- soon.example
- r.example
- 203.0.113.7:443
`
  const { status, stdout } = check(makeFolder(t, { 'needs.yaml': needs }), '--needs', 'needs.yaml')
  const zones = /\S*zones/.exec(stdout.split('\n').find((line) => line.includes('app.zone')) ?? '')![0].replace('(', '')
  assert.equal(status, 1)
  assert.deepEqual(stdout.trim().split('\n'), [
    'needs.yaml:1: payments (team-billing): api.left-out.example:443 is denied: no entry mentions it',
    `needs.yaml:2: api.stripe.com:22 is denied: tcp/22 is not among tcp/443 (${zones}/app.zone:1: api.stripe.com)`,
    `needs.yaml:3: denied.example is denied: an entry denies it (${zones}/app.zone:6: !denied.example)`,
    `needs.yaml:4: ended.example is denied: the entry that allowed it has expired (${zones}/app.zone:4: ended.example until=2020-01-01)`,
    `needs.yaml:5: soon.example is allowed for 5 more days only: ${zones}/app.zone:3: soon.example until=${dayIn(5)}`,
    'needs.yaml:6: r.example is denied: no entry mentions it',
    `needs.yaml:7: 203.0.113.7:443 is denied: tcp/443 is not among tcp/8443 (${zones}/app.zone:5: 203.0.113.7 tcp/8443)`,
    '2 zone files, 7 entries: valid',
    '7 of 7 needed destinations fail',
  ])
})

test('a simple list is read line by line; how near an end is soon can be said', (t) => {
  const folder = makeFolder(t, { 'needs.txt': '# what we need\nsoon.example  # reports\n\napi.stripe.com:443\n' })
  const told = check(folder, '--needs', 'needs.txt')
  assert.equal(told.status, 1)
  assert.match(told.stdout, /^needs\.txt:2: reports: soon\.example is allowed for 5 more days only/)
  assert.equal(check(folder, '--needs', 'needs.txt', '--soon', '2').status, 0)
})

test('needs that cannot be read are an error with all their places', (t) => {
  const folder = makeFolder(t, { 'needs.yaml': '- {destination: a.example, owned-by: me}\n- 5\n', 'bad.txt': 'https://a.example/x\n' })
  const unknown = check(folder, '--needs', 'needs.yaml')
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /needs\.yaml:1: \[0\]\.owned-by: unknown key.*\n.*needs\.yaml:2: \[1\]/)
  assert.match(check(folder, '--needs', 'bad.txt').stderr, /bad\.txt:1: .*write "a\.example"/)
  assert.match(check(folder, '--needs', 'absent.yaml').stderr, /absent\.yaml: cannot be read: ENOENT/)
})

test('JUnit has a test case for each need, SARIF a result with the line of each finding', (t) => {
  const folder = makeFolder(t, { 'needs.yaml': '- api.stripe.com\n- {destination: a&b.example, owner: x}\n'.replace('a&b', 'left-out') })
  const words = ['--needs', 'needs.yaml', '--junit', 'check.xml', '--sarif', 'check.sarif']
  assert.equal(check(folder, 'zones', ...words).status, 1)
  const junit = readFileSync(join(folder, 'check.xml'), 'utf8')
  assert.match(junit, /<testsuite name="sallyport check" tests="3" failures="1">/)
  assert.match(junit, /<testcase classname="sallyport\.needs" name="api\.stripe\.com"\/>/)
  assert.match(junit, /<failure message="left-out\.example \(x\) is denied: no entry mentions it">needs\.yaml:2: /)
  const sarif = JSON.parse(readFileSync(join(folder, 'check.sarif'), 'utf8')) as {
    version: string
    runs: { results: { ruleId: string; level: string; locations: unknown[] }[] }[]
  }
  assert.equal(sarif.version, '2.1.0')
  assert.deepEqual(
    sarif.runs[0]!.results.map(({ ruleId, level, locations }) => [ruleId, level, locations]),
    [['need-denied', 'error', [{ physicalLocation: { artifactLocation: { uri: 'needs.yaml' }, region: { startLine: 2 } } }]]],
  )
  const { needs } = JSON.parse(check(folder, '--needs', 'needs.yaml', '--json').stdout) as { needs: { rule: string }[] }
  assert.deepEqual(
    needs.map(({ rule }) => rule),
    ['need-denied'],
  )
})

test('a zone file can put neither a link into SARIF nor what XML cannot say into JUnit', (t) => {
  const folder = makeFolder(t, { 'zones/evil.zone': '[fine](https://evil.example)\ufffe\n' })
  assert.equal(check(folder, 'zones', '--junit', 'check.xml', '--sarif', 'check.sarif').status, 1)
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  assert.match(read('check.sarif'), /\[fine\] \(https:/)
  assert.doesNotMatch(read('check.sarif'), /\]\(/)
  assert.match(read('check.xml'), /\[fine\]\(https:\/\/evil\.example\)\?/)
})
