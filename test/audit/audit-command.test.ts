import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import type { Row } from '../../src/audit/row.ts'
import { segmentName } from '../../src/journal/folder.ts'
import type { JournalRecord } from '../../src/journal/record.ts'
import { type Home, makeHome } from '../cli/home.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { contacted, decided, writeRecords } from './recorded.ts'

const SEEN: readonly JournalRecord[] = [
  decided('deb.debian.org', '192.0.2.1'),
  decided('api.model.example', '192.0.2.2'),
  decided('denied.example', undefined, { client: 'beta', verdict: 'deny' }),
  contacted('192.0.2.1', 'tcp/80', { names: ['deb.debian.org'] }),
  contacted('192.0.2.2', 'tcp/8443', { names: ['api.model.example'] }),
]

function write(home: Home, records: readonly JournalRecord[]): Promise<void> {
  return writeRecords(join(home.folder, 'journal'), records)
}

async function recorded(context: TestContext): Promise<Home> {
  const home = makeHome(context, { settings: { journal: { folder: './journal' }, updater: { guard: 'forward', interfaces: ['sbx*'] } } })
  await write(home, SEEN)
  return home
}

test('audit lists each client, what it contacted and why; machines are told from agents', async (t) => {
  const home = await recorded(t)
  const { status, stdout, stderr } = home.run('audit')
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^alpha\nDESTINATION /)
  assert.match(stdout, /^deb\.debian\.org +tcp\/80 +audit +updates +1 +2 +12k .* no-rule$/m)
  assert.match(stdout, /^api\.model\.example +tcp\/8443 +audit +1 +2 +12k .* no-rule$/m)
  assert.match(stdout, /\n\nbeta\nDESTINATION .*\ndenied\.example +- +deny +1 +0 +0 /)
  assert.doesNotMatch(home.run('audit', '--client', 'alpha').stdout, /beta|denied/)
  assert.match(home.run('audit', '--by', 'tier').stdout, /^no entry, chosen by the agent\n[\s\S]*\n\nno entry, the machine itself\n/)
  assert.match(
    home.run('audit', '--by', 'destination').stdout,
    /^DESTINATION .* CLIENT\ndeb\.debian\.org .* alpha\ndenied\.example .* beta\n/,
  )
})

test('audit has a machine form, and one for spreadsheets', async (t) => {
  const home = await recorded(t)
  const { version, rows, unlisted } = JSON.parse(home.run('audit', '--json').stdout) as { version: number; rows: Row[]; unlisted: number }
  assert.deepEqual([version, unlisted], [1, 0])
  const { firstSeen, lastSeen, ...row } = rows.find(({ destination }) => destination === 'deb.debian.org')!
  assert.ok(Date.parse(firstSeen) <= Date.parse(lastSeen))
  assert.deepEqual(row, {
    client: 'alpha',
    destination: 'deb.debian.org',
    kind: 'name',
    domain: 'debian.org',
    addresses: ['192.0.2.1'],
    types: ['A'],
    protocol: 'tcp',
    port: 80,
    runs: [1],
    lookups: 1,
    connections: 2,
    packets: 20,
    bytes: 12_345,
    verdict: 'audit',
    reason: 'no-rule',
    rules: [],
    tier: null,
    system: 'updates',
    shared: [],
  })
  const [head, ...lines] = home.run('audit', '--csv').stdout.split('\r\n')
  assert.match(head!, /^client,destination,kind,domain,addresses,types,protocol,port,firstSeen/)
  assert.equal(lines.length, 4)
  assert.match(lines[0]!, /^alpha,deb\.debian\.org,name,debian\.org,192\.0\.2\.1,A,tcp,80,/)
})

test("a list of one's own beside the zone files replaces the one that comes with the program", async (t) => {
  const home = await recorded(t)
  home.write('zones/system.list', 'model api.model.example tcp/8443\n')
  const { stdout } = home.run('audit', '--client', 'alpha')
  assert.match(stdout, /^api\.model\.example +tcp\/8443 +audit +model /m)
  assert.doesNotMatch(stdout, /updates/)
  home.write('zones/system.list', 'model\n')
  const broken = home.run('audit')
  assert.deepEqual([broken.status, broken.stdout], [2, ''])
  assert.match(broken.stderr, /system\.list:1: expected "WORD DESTINATION/)
})

test('spans, and calls that cannot be meant', async (t) => {
  const home = await recorded(t)
  assert.match(home.run('audit', '--since', '1h').stdout, /deb\.debian\.org/)
  assert.equal(home.run('audit', '--until', '2020-01-01').stdout, 'nothing was asked for or contacted\n')
  assert.match(home.run('audit', '--since', 'yesterday').stderr, /expected 2h or 7d \(ago\)/)
  const none = home.run('audit', 'elsewhere')
  assert.equal(none.status, 2)
  assert.match(none.stderr, /elsewhere holds no decision log/)
})

test('a log that a resolver has damaged is read but for what it damaged: audit says so, and for report it is a finding', async (t) => {
  const home = await recorded(t)
  const folder = join(home.folder, 'journal/resolver')
  appendFileSync(join(folder, segmentName(1)), `${'x'.repeat(2 << 20)}\n`)
  symlinkSync('/etc/passwd', join(folder, segmentName(1000)))
  const { status, stdout, stderr } = home.run('audit')
  assert.equal(status, 0)
  assert.match(stdout, /^deb\.debian\.org +tcp\/80/m)
  const said = [
    /^sallyport: \S*resolver\/0{11}1\.jsonl: 1 line is no record, and not read: sallyport log verify finds the first$/m,
    /^sallyport: \S*resolver\/0{8}1000\.jsonl is a symbolic link, which we have not written: what is there was not read$/m,
  ]
  for (const sentence of said) assert.match(stderr, sentence)
  const { unread } = JSON.parse(home.run('audit', '--json').stdout) as { unread: { lines: number; reason: string | null }[] }
  assert.deepEqual(
    unread.map(({ lines, reason }) => [lines, reason === null]),
    [
      [1, true],
      [0, false],
    ],
  )
  const report = home.run('report', 'evidence')
  assert.deepEqual([report.status, report.stderr], [1, ''])
  assert.match(report.stdout, /^In the decision log \S*0{11}1\.jsonl has a line that is no record, and is not listed\.$/m)
  assert.match(report.stdout, /^In the decision log \S*1000\.jsonl is a symbolic link: what is there is not listed\.$/m)
  assert.match(home.run('log', 'verify').stdout, /resolver\/0{11}1\.jsonl:\d+: .*a line is longer than 1048576 octets$/m)
})

test('--watch goes on, and prints what is new', async (t) => {
  const home = await recorded(t)
  const child = spawn(PROGRAM, ['audit', '--watch', '--json'], { cwd: home.folder, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill())
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const next = async () => (JSON.parse((await lines.next()).value!) as Row).destination
  for (let index = 0; index < 3; index++) await next()
  await write(home, [contacted('192.0.2.99', 'udp/9')])
  assert.equal(await next(), '192.0.2.99')
  child.kill()
  await once(child, 'exit')
})
