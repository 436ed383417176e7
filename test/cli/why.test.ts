import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Home, makeHome } from './home.ts'

const ZONES = {
  'base.zone': '$TIER base\nregistry.example\n!gist.example   # a place to leave things\n192.0.2.0/24 8000-8100\n',
  'reviewer.zone': '$CLIENTS reviewer 10.77.2.0/24\nreview.example\n10.1.0.0/16 5432 private\n',
  'app.zone': '*.cdn.example 443 udp/443\ngone.example until=2020-01-01\nregistry.example 22\nssh.example 22\n',
}
const SETTINGS = { clients: { reviewer: ['10.77.0.2', 'fd77::2'] } }

/** The first line, the places of the entries named below it, and the exit code. */
function ask({ run }: Home, ...words: readonly string[]): readonly [string, readonly string[], number | null] {
  const { status, stdout, stderr } = run('why', ...words)
  assert.equal(stderr, '')
  const [first, ...rest] = stdout.trimEnd().split('\n')
  return [first!, rest.map((line) => line.replace(/^ {2}\S*\/zones\//, '')), status]
}

test('a name that is allowed: its ports, and every entry that gave them, with file and line', (t) => {
  const home = makeHome(t, { zones: ZONES, settings: SETTINGS })
  assert.deepEqual(ask(home, 'Registry.Example.'), [
    'registry.example is allowed on tcp/22 tcp/443',
    ['base.zone:2: registry.example', 'app.zone:3: registry.example 22'],
    0,
  ])
  assert.deepEqual(ask(home, 'a.b.cdn.example:udp/443'), [
    'a.b.cdn.example udp/443 is allowed on tcp/443 udp/443',
    ['app.zone:1: *.cdn.example 443 udp/443'],
    0,
  ])
})

test('a denial says which of the reasons it is, and how it would be allowed', (t) => {
  const home = makeHome(t, { zones: ZONES, settings: SETTINGS })
  assert.deepEqual(ask(home, 'evil.example'), [
    'evil.example is denied: no entry mentions it',
    ['  to allow it: sallyport allow evil.example'],
    1,
  ])
  assert.deepEqual(ask(home, 'cdn.example')[2], 1, 'a wildcard is not its apex')
  assert.deepEqual(ask(home, 'gist.example'), ['gist.example is denied: an entry denies it', ['base.zone:3: !gist.example'], 1])
  assert.deepEqual(ask(home, 'gone.example'), [
    'gone.example is denied: the entry that allowed it has expired',
    ['app.zone:2: gone.example until=2020-01-01'],
    1,
  ])
  assert.deepEqual(ask(home, 'ssh.example:443'), [
    'ssh.example tcp/443 is denied: the port is not among those that are open',
    ['app.zone:4: ssh.example 22', '  to allow it: sallyport allow ssh.example:443'],
    1,
  ])
})

test('a name that is answered by sallyport itself is told as such, whatever the entries say', (t) => {
  const home = makeHome(t, { zones: { 'app.zone': '!localhost\nuse-application-dns.net\n' } })
  const here = 'whatever the entries say'
  for (const name of ['localhost', 'app.localhost:3000'])
    assert.deepEqual(ask(home, name), [
      `${name.replace(':', ' tcp/')} is allowed: it is answered here as the client's own loopback, ${here}`,
      [],
      0,
    ])
  for (const name of ['use-application-dns.net', '_dns.resolver.arpa'])
    assert.deepEqual(ask(home, name), [`${name} is denied: it is answered here as a name without addresses, ${here}`, [], 1])
  assert.equal((JSON.parse(home.run('why', 'localhost', '--json').stdout) as { reason: string }).reason, 'loopback')
})

test('an address is judged by the entries for addresses, ports included', (t) => {
  const home = makeHome(t, { zones: ZONES, settings: SETTINGS })
  assert.deepEqual(ask(home, '192.0.2.7:8050'), [
    '192.0.2.7 tcp/8050 is allowed on tcp/8000-8100',
    ['base.zone:4: 192.0.2.0/24 8000-8100'],
    0,
  ])
  assert.equal(ask(home, '192.0.2.7:443')[2], 1)
  assert.deepEqual(ask(home, '[2001:db8::1]:22'), [
    '2001:db8::1 tcp/22 is denied: no entry mentions it',
    ['  to allow it: sallyport allow [2001:db8::1]:22'],
    1,
  ])
  assert.deepEqual(ask(home, '169.254.169.254'), ['169.254.169.254 is denied: cloud metadata services stay closed', [], 1])
})

test('--client asks for a client by name or address, of either family; without it what holds for everybody', (t) => {
  const home = makeHome(t, { zones: ZONES, settings: SETTINGS })
  assert.equal(ask(home, 'review.example')[2], 1)
  for (const client of ['reviewer', '10.77.0.2', 'fd77::2', '10.77.2.9'])
    assert.equal(ask(home, 'review.example', '--client', client)[2], 0, client)
  assert.equal(ask(home, 'review.example', '--client', '10.77.0.3')[2], 1)
  assert.equal(ask(home, '10.1.2.3:5432', '--client', 'reviewer')[2], 0)
  const { status, stderr } = home.run('why', 'a.example', '--client', 'nobody')
  assert.deepEqual(
    [status, stderr],
    [2, 'sallyport: client "nobody" is neither an address nor named under "clients:" in the settings, nor has it joined\n'],
  )
})

test('audit mode lets through what no entry allows, and why says so', (t) => {
  const home = makeHome(t, { zones: ZONES, settings: { ...SETTINGS, mode: 'audit' } })
  assert.deepEqual(ask(home, 'evil.example'), ['evil.example is allowed on any: audit mode lets it through; no entry allows it', [], 0])
})

test('--json: codes in place of sentences, and the same exit code', (t) => {
  const { run, folder } = makeHome(t, { zones: ZONES, settings: SETTINGS })
  const { status, stdout } = run('why', 'gist.example:22', '--json')
  assert.equal(status, 1)
  assert.deepEqual(JSON.parse(stdout), {
    version: 1,
    destination: 'gist.example',
    port: 'tcp/22',
    client: '127.0.0.1',
    verdict: 'deny',
    reason: 'deny-rule',
    ports: [],
    entries: [{ file: `${folder}/zones/base.zone`, line: 3, text: '!gist.example' }],
    openedBy: [],
    refused: [],
    budget: null,
  })
  const allowed = JSON.parse(run('why', 'ssh.example', '--json').stdout) as Record<string, unknown>
  assert.deepEqual([allowed.verdict, allowed.reason, allowed.ports, allowed.port], ['allow', 'entry', ['tcp/22'], null])
})

test('what has no one verdict, and what is no destination: exit 2, with what to write', (t) => {
  const { run, write } = makeHome(t, { zones: ZONES, settings: SETTINGS })
  for (const [destination, said] of [
    ['*.cdn.example', /\*\.cdn\.example stands for many names: ask for one of them/],
    ['192.0.2.0/24', /192\.0\.2\.0\/24 is a prefix: ask for one address of it/],
    ['https://a.example/x', /write "a\.example"/],
    ['a.example:0', /port "0" is not a number from 1 to 65535/],
    ['10.0.0.1/8', /write 10\.0\.0\.0\/8/],
    [`${'a'.repeat(64)}.example`, /label/],
  ] as const) {
    const { status, stdout, stderr } = run('why', destination)
    assert.deepEqual([status, stdout], [2, ''], destination)
    assert.match(stderr, said)
  }
  write('zones/app.zone', '?\n')
  const broken = run('why', 'a.example')
  assert.deepEqual([broken.status, /app\.zone:1: /.test(broken.stderr)], [2, true])
})
