import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import { createLoader, type Load, loadPolicy, type PolicySettings } from '../../src/zones/loader.ts'
import { formatProblem } from '../../src/zones/parse.ts'

const SETTINGS: PolicySettings = { clients: [], guard: 'none', audit: false, neverOpen: [] }

function makeFolder(context: TestContext, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'zones-'))
  context.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

function problemsOf(load: Load): readonly string[] {
  return (load.kind === 'broken' ? load.problems : load.warnings).map(formatProblem)
}

function isAllowed(load: Load, name: string): boolean {
  assert.equal(load.kind, 'loaded', problemsOf(load).join())
  const { view } = (load as Load & { kind: 'loaded' }).policy.clientAt(parseAddress('127.0.0.1')!)
  return decideName(view, parseName(name), 0).kind === 'allow'
}

test('all zone files of a folder make one policy; other files are left alone', async (t) => {
  const folder = makeFolder(t, { 'a.zone': 'a.example\n', 'b.zone': 'b.example\n', 'notes.txt': '???', '.hidden.zone': '???' })
  const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
  assert.ok(isAllowed(load, 'a.example') && isAllowed(load, 'b.example') && !isAllowed(load, 'c.example'))
})

test('with two folders the folder decides the tier', async (t) => {
  const base = makeFolder(t, { 'x.zone': '!secret.example\n' })
  const app = makeFolder(t, { 'x.zone': 'secret.example\nopen.example\n' })
  const load = await loadPolicy({ kind: 'tiers', base, app }, SETTINGS)
  assert.ok(!isAllowed(load, 'secret.example') && isAllowed(load, 'open.example'))
  assert.match(problemsOf(load).join(), /x\.zone:1: warning: allows nothing: .*x\.zone:1 denies secret\.example in the base tier/)
})

test('a deny in base that ends, or is for some clients alone, leaves app something to allow: nobody is warned', async (t) => {
  const base = makeFolder(t, { 'x.zone': '!soon.example until=2099-01-01\n', 'y.zone': '$CLIENTS 10.0.0.1\n!one.example\n' })
  const app = makeFolder(t, { 'x.zone': 'soon.example\none.example\n' })
  assert.deepEqual(problemsOf(await loadPolicy({ kind: 'tiers', base, app }, SETTINGS)), [])
})

test('problems of all files are told together, and nothing takes effect', async (t) => {
  const folder = makeFolder(t, { 'a.zone': 'a.example\n', 'b.zone': '?\n', 'c.zone': '$CLIENTS nobody\nc.example nonsense\n' })
  const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
  assert.equal(load.kind, 'broken')
  assert.match(problemsOf(load).join('\n'), /b\.zone:1: .*\n.*c\.zone:2: /)
})

test('a client that the settings do not know is an error', async (t) => {
  const folder = makeFolder(t, { 'a.zone': '$CLIENTS nobody\na.example\n' })
  const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
  assert.match(problemsOf(load).join(), /a\.zone:1: \$CLIENTS names "nobody"/)
})

test('a missing folder, a folder, device or pipe in place of a file, a binary and a huge file are problems with their place', async (t) => {
  const missing = await loadPolicy({ kind: 'one', folder: '/nonexistent/zones' }, SETTINGS)
  assert.match(
    problemsOf(missing).join(),
    /^\/nonexistent\/zones: cannot read the folder of zone files: it does not exist; "sallyport init" makes one/,
  )
  const folder = makeFolder(t, {
    'binary.zone': Buffer.from([0x61, 0, 0x62]),
    'latin.zone': Buffer.from([0xff, 0xfe, 0x61]),
    'huge.zone': '',
  })
  truncateSync(join(folder, 'huge.zone'), 100 * 1024 * 1024)
  mkdirSync(join(folder, 'folder.zone'))
  symlinkSync('/dev/zero', join(folder, 'device.zone'))
  execFileSync('mkfifo', [join(folder, 'pipe.zone')])
  const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
  const problems = problemsOf(load).join('\n')
  for (const expected of [
    /binary\.zone: is not a text file/,
    /latin\.zone: is not UTF-8/,
    /huge\.zone: is larger than 64 MiB/,
    /folder\.zone: is no file/,
    /device\.zone: is no file/,
    /pipe\.zone: is no file/,
  ])
    assert.match(problems, expected)
  assert.equal(load.kind, 'broken')
})

test('a file whose name would end a line or steer a terminal is refused, and its name escaped', async (t) => {
  for (const [name, shown] of [
    ['x\n+ app.zone:1: forged.zone', 'x\\u000a+ app.zone:1: forged.zone'],
    ['x\u001b[2J.zone', 'x\\u001b[2J.zone'],
    ['x\u202eenoz.zone', 'x\\u202eenoz.zone'],
  ] as const) {
    const folder = makeFolder(t, { [name]: 'a.example\n' })
    const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
    assert.equal(load.kind, 'broken')
    assert.deepEqual(problemsOf(load), [`${folder}/${shown}: its name holds control characters, escaped here: rename the file`])
  }
})

test('an empty folder denies everything and says so', async (t) => {
  const load = await loadPolicy({ kind: 'one', folder: makeFolder(t) }, SETTINGS)
  assert.ok(!isAllowed(load, 'a.example'))
  assert.match(problemsOf(load).join(), /holds no \*\.zone file, so it allows nothing/)
})

test('links are followed, as in a ConfigMap', async (t) => {
  const folder = makeFolder(t)
  mkdirSync(join(folder, '..2026'))
  writeFileSync(join(folder, '..2026', 'a.zone'), 'a.example\n')
  symlinkSync('..2026', join(folder, '..data'))
  symlinkSync('..data/a.zone', join(folder, 'a.zone'))
  assert.ok(isAllowed(await loadPolicy({ kind: 'one', folder }, SETTINGS), 'a.example'))
})

test('the revision is that of what decides: equal files give equal revisions, another entry another one', async (t) => {
  const folder = makeFolder(t, { 'a.zone': 'a.example\n' })
  const revision = async () => ((await loadPolicy({ kind: 'one', folder }, SETTINGS)) as Load & { kind: 'loaded' }).policy.revision
  const first = await revision()
  assert.equal(await revision(), first)
  writeFileSync(join(folder, 'a.zone'), 'b.example\n')
  assert.notEqual(await revision(), first)
})

test('a file that has not changed is not parsed again; one that changes to a text of the same length at once is', async (t) => {
  const folder = makeFolder(t, { 'a.zone': 'a.example\n', 'b.zone': 'b.example\n' })
  const load = createLoader({ kind: 'one', folder }, SETTINGS)
  let before = (await load()) as Load & { kind: 'loaded' }
  for (let round = 0; round < 20; round++) {
    const letter = round % 2 === 0 ? 'c' : 'a'
    writeFileSync(join(folder, 'a.zone'), `${letter}.example\n`)
    const after = (await load()) as Load & { kind: 'loaded' }
    assert.ok(isAllowed(after, `${letter}.example`))
    assert.equal(after.files[1], before.files[1])
    assert.notEqual(after.files[0], before.files[0])
    before = after
  }
})

test('of files that are told to be the same none is opened, but what is new, gone or a link is noticed', async (t) => {
  const folder = makeFolder(t, { 'a.zone': 'a.example\n', 'b.zone': 'b.example\n', 'gone.zone': 'gone.example\n' })
  const elsewhere = makeFolder(t, { 'linked.zone': 'linked.example\n' })
  symlinkSync(join(elsewhere, 'linked.zone'), join(folder, 'linked.zone'))
  const load = createLoader({ kind: 'one', folder }, SETTINGS)
  await load()
  writeFileSync(join(folder, 'a.zone'), 'changed.example\n')
  writeFileSync(join(folder, 'b.zone'), 'other.example\n')
  writeFileSync(join(folder, 'new.zone'), 'new.example\n')
  writeFileSync(join(elsewhere, 'linked.zone'), 'led.example\n')
  rmSync(join(folder, 'gone.zone'))
  const after = await load(new Set([join(folder, 'a.zone')]))
  const names = ['a', 'changed', 'b', 'other', 'new', 'gone', 'linked', 'led']
  const allowedBy = (loaded: Load) => names.filter((name) => isAllowed(loaded, `${name}.example`))
  assert.deepEqual(allowedBy(after), ['changed', 'b', 'new', 'led'])
  assert.deepEqual(allowedBy(await load()), ['changed', 'other', 'new', 'led'])
})

test('a file that goes, comes back and is broken meanwhile is judged by what it says now', async (t) => {
  const folder = makeFolder(t, { 'a.zone': 'a.example\n' })
  const load = createLoader({ kind: 'one', folder }, SETTINGS)
  await load()
  writeFileSync(join(folder, 'a.zone'), 'a.example nonsense\n')
  const broken = await load()
  assert.equal(broken.kind, 'broken')
  assert.ok(broken.kind === 'broken' && broken.standing !== undefined)
  rmSync(join(folder, 'a.zone'))
  writeFileSync(join(folder, 'b.zone'), 'b.example\n')
  assert.ok(!isAllowed(await load(), 'a.example'))
  writeFileSync(join(folder, 'a.zone'), 'a.example\n')
  assert.ok(isAllowed(await load(), 'a.example'))
})

/** Of these names, those that what stands would allow; undefined: nothing stands. */
function standingNames(load: Load, names: readonly string[]): readonly string[] | undefined {
  const standing = load.kind === 'broken' ? load.standing : load
  return standing && names.filter((name) => isAllowed({ kind: 'loaded', ...standing, warnings: [] }, name))
}

const FREE = { private: true, any: true, wildcards: true, audit: true, ports: undefined, names: undefined, clients: undefined }

for (const [what, breaks] of [
  ['syntax', 'app.example\nmore.example nonsense\n'],
  ['a client that nobody knows', '$CLIENTS nobody\napp.example\n'],
  ['an entry beyond the limits', 'app.example\nmore.example any\n'],
] as const) {
  test(`broken by ${what}, a tier with a folder of its own stands as it was, and the other takes effect`, async (t) => {
    const base = makeFolder(t, { 'x.zone': 'base.example\ngone.example\n' })
    const app = makeFolder(t, { 'x.zone': 'app.example\nlate.example\n' })
    const load = createLoader({ kind: 'tiers', base, app }, { ...SETTINGS, appLimits: { ...FREE, any: false } })
    const names = ['base.example', 'gone.example', 'new.example', 'app.example', 'late.example', 'more.example']
    await load()
    writeFileSync(join(app, 'x.zone'), breaks)
    writeFileSync(join(base, 'x.zone'), 'base.example\nnew.example\n!late.example\n')
    const broken = await load()
    assert.equal(broken.kind, 'broken')
    assert.match(problemsOf(broken).join(), new RegExp(`^${app}/x\\.zone:[12]: `))
    assert.deepEqual(standingNames(broken, names), ['base.example', 'new.example', 'app.example'])
    writeFileSync(join(base, 'x.zone'), '?\n')
    writeFileSync(join(app, 'x.zone'), 'more.example\n')
    const otherWay = await load()
    assert.match(problemsOf(otherWay).join(), new RegExp(`^${base}/x\\.zone:1: `))
    assert.deepEqual(standingNames(otherWay, names), ['base.example', 'new.example', 'more.example'])
  })
}

test('files of both tiers in one folder stand or fall together', async (t) => {
  const folder = makeFolder(t, { 'base.zone': '$TIER base\ngone.example\n', 'app.zone': 'app.example\n' })
  const load = createLoader({ kind: 'one', folder }, SETTINGS)
  await load()
  writeFileSync(join(folder, 'base.zone'), '$TIER base\n!gone.example\n')
  writeFileSync(join(folder, 'app.zone'), '?\n')
  assert.deepEqual(standingNames(await load(), ['gone.example', 'app.example']), ['gone.example', 'app.example'])
})

test('until each tier was valid once nothing stands: app may deny what base allows', async (t) => {
  const base = makeFolder(t, { 'x.zone': 'base.example\n' })
  const app = makeFolder(t, { 'x.zone': '!base.example\n?\n' })
  const load = createLoader({ kind: 'tiers', base, app }, SETTINGS)
  const names = ['base.example', 'app.example']
  assert.equal(standingNames(await load(), names), undefined)
  writeFileSync(join(base, 'x.zone'), '?\n')
  writeFileSync(join(app, 'x.zone'), 'app.example\n')
  assert.deepEqual(standingNames(await load(), names), names)
})

test('while two hundred thousand entries are read, whoever waits has a turn again and again', async (t) => {
  const folder = makeFolder(t, { 'a.zone': Array.from({ length: 200_000 }, (_, index) => `n${index}.example.org\n`).join('') })
  let turns = 0
  let isLoading = true
  const turn = (): void => {
    turns++
    if (isLoading) setImmediate(turn)
  }
  setImmediate(turn)
  const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
  isLoading = false
  assert.ok(isAllowed(load, 'n199999.example.org'))
  assert.ok(turns > 70, `${turns} turns`)
})
