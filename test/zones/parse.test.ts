import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPortRange } from '../../src/net/port.ts'
import { formatProblem, parseZone } from '../../src/zones/parse.ts'

const parse = (text: string, tier?: 'base' | 'app') => parseZone(text, { file: 'z/a.zone', tier })
const problemsOf = (text: string, tier?: 'base' | 'app') => parse(text, tier).problems.map(formatProblem)

test('a plain list of names is a valid zone file', () => {
  const { zone, problems } = parse('registry.npmjs.org\n\n  # a comment\nGitHub.com.  # another\r\n')
  assert.deepEqual(problems, [])
  assert.deepEqual(
    Array.from(zone!.names, ({ name, wildcard, kind, ports, place }) => [
      name,
      wildcard,
      kind,
      ports.map(formatPortRange).join(),
      place.line,
    ]),
    [
      ['registry.npmjs.org', false, 'allow', 'tcp/443', 1],
      ['github.com', false, 'allow', 'tcp/443', 4],
    ],
  )
  assert.equal(zone?.tier, 'app')
  assert.equal(zone?.clients, undefined)
})

test('every part of an entry is read', () => {
  const { zone, problems } = parse(
    '$TIER base\n$CLIENTS ci 10.77.1.0/24\n$PORTS 443 8443\n$MODE audit\n*.cdn.example.net\ndb.corp.example tcp/5432 private until=2027-03-01\n' +
      '_x._tcp.example.net types=SRV,txt\n203.0.113.0/24 tcp/8000-8100 udp/53\n!gist.example.net\nbücher.example any\n',
  )
  assert.deepEqual(problems, [])
  assert.equal(zone?.tier, 'base')
  assert.equal(zone?.audit, true)
  assert.deepEqual(zone?.clients?.[0], { kind: 'name', name: 'ci' })
  const [cdn, db, srv, gist, books] = zone!.names
  assert.deepEqual([cdn!.wildcard, cdn!.name, cdn!.ports.map(formatPortRange)], [true, 'cdn.example.net', ['tcp/443', 'tcp/8443']])
  assert.deepEqual([db!.private, db!.until], [true, Date.UTC(2027, 2, 2)])
  assert.deepEqual(srv!.types, [33, 16])
  assert.deepEqual([gist!.kind, gist!.ports], ['deny', []])
  assert.deepEqual([books!.name, books!.ports.map(formatPortRange)], ['xn--bcher-kva.example', ['any']])
  assert.deepEqual(zone!.prefixes[0]!.ports.map(formatPortRange), ['tcp/8000-8100', 'udp/53'])
})

test('all that is wrong is told at once, each with its line, and the file does not take effect', () => {
  const { zone, problems } = parse(
    'https://api.example.org/v1\n*foobar.com\nexample.org:8443\n!x.example.org 443\nx.example.org tcp/70000\nx.example.org until=2027-02-30\n' +
      '1.2.3.4.5\n$PORTS 80\nx.example.org types=HTTPS\n10.0.0.1/8\nx.example.org priate\n*.com\n',
  )
  assert.equal(zone, undefined)
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error').map(({ line }) => line),
    [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12],
  )
  assert.match(formatProblem(problems[0]!), /^z\/a\.zone:1: .*write "api\.example\.org"/)
  assert.match(problemsOf('example.org:8443')[0]!, /"example\.org tcp\/8443"/)
  assert.match(problemsOf('10.0.0.1/8')[0]!, /10\.0\.0\.0\/8/)
})

const MISTAKES = [
  ['example.org types=AXFR', 'type AXFR cannot be allowed'],
  ['example.org types=TXT,TYPE128', 'type TYPE128 cannot be allowed'],
  ['*.example.org:8443', 'write the port apart, as in "*.example.org tcp/8443"'],
  ['example.org:https', 'write the port apart, as in "example.org tcp/443"'],
  ['192.0.2.1:udp/53', 'write the port apart, as in "192.0.2.1 udp/53"'],
  ['[2001:db8::1]:8443', 'write the address alone, as in "2001:db8::1 tcp/8443"'],
  ['[2001:db8::1]', 'write the address alone, as in "2001:db8::1"'],
  ['fe80::1%eth0', 'write the address alone, as in "fe80::1"'],
  ['2001:db8::g', 'neither an IPv6 address nor a name'],
  ['[2001:db8::g]:443', 'neither an IPv6 address nor a name'],
  ['2001:db8::/129', 'does not end in a length from 0 to 128'],
  ['192.0.2.0/255.255.255.0', 'does not end in a length from 0 to 32'],
  ['::ffff:192.0.2.1', 'write 192.0.2.1'],
  ['!::ffff:192.0.2.0/120', 'write 192.0.2.0/24'],
  ['$CLIENTS ::ffff:10.77.0.2', 'write 10.77.0.2'],
  ['example.org until=2027-01-01 until=2028-01-01', 'until= stands twice in this entry'],
] as const
for (const [entry, remedy] of MISTAKES)
  test(`"${entry}" is an error that says how to mend it`, () => {
    const [problem] = problemsOf(entry)
    assert.ok(problem?.includes(remedy), problem)
  })

test('a directive stands once, before the first entry, and agrees with the folder', () => {
  assert.match(problemsOf('a.example\n$PORTS 80')[0]!, /:2: \$PORTS stands before the first entry/)
  assert.match(problemsOf('$PORTS 80\n$PORTS 81')[0]!, /:2: \$PORTS stands twice/)
  assert.match(problemsOf('$TIER base', 'app')[0]!, /\$TIER base in the folder of the app tier/)
  assert.deepEqual(problemsOf('$TIER app', 'app'), [])
  assert.match(problemsOf('$MODE enforce')[0]!, /\$MODE is audit/)
  assert.match(problemsOf('$FOO bar')[0]!, /"\$FOO" is not a directive/)
})

test('a wildcard over a public suffix, or over what has some below it, is an error in app and a warning in base', () => {
  for (const wide of ['*.com', '*.co.uk', '*.github.io', '*.amazonaws.com']) {
    assert.deepEqual(
      parse(wide).problems.map(({ severity }) => severity),
      ['error'],
      wide,
    )
    assert.deepEqual(
      parse(wide, 'base').problems.map(({ severity }) => severity),
      ['warning'],
      wide,
    )
    assert.ok(parse(wide, 'base').zone)
  }
  for (const narrow of ['*.example.org', '*.corp', '*.svc.internal', '*.s3-accelerate.example.org', '!*.com']) {
    assert.deepEqual(problemsOf(narrow), [], narrow)
  }
})

test('repeated and contradictory entries are warned of with the line of the other', () => {
  assert.match(problemsOf('a.example\nA.example.')[0]!, /:2: warning: a\.example stands on line 1 already/)
  assert.match(problemsOf('a.example\na.example 80')[0]!, /their ports add up/)
  assert.match(problemsOf('a.example\n!a.example')[0]!, /line 1 is the other one\); the deny wins/)
})

test('names that are too long, empty labels and odd octets are refused', () => {
  for (const bad of [
    `${'a'.repeat(64)}.example`,
    `${'abcdefg.'.repeat(32)}example`,
    'a..example',
    '.example',
    'exa$mple.org',
    '*',
    '*.',
    'a.*.b',
    '!',
  ]) {
    assert.equal(parse(bad).zone, undefined, bad)
  }
})

test('a hundred thousand broken lines are counted, not listed', () => {
  const { problems } = parse('?\n'.repeat(100_000))
  assert.equal(problems.length, 101)
  assert.match(problems.at(-1)!.message, /and 99900 more errors/)
})

test('an entry for names that are never looked up, or answered here, is warned of: it allows nothing', () => {
  assert.deepEqual(
    problemsOf(
      'x.onion\n*.x.onion\nhidden.ALT 443\ninvalid\nlocalhost 3000\n*.resolver.arpa\nmy.local\nxonion\nonion.example\nnotresolver.arpa\n!y.onion\n',
    ),
    [
      'z/a.zone:1: warning: allows nothing: names below onion are never looked up in the DNS; take the entry out',
      'z/a.zone:2: warning: allows nothing: names below onion are never looked up in the DNS; take the entry out',
      'z/a.zone:3: warning: allows nothing: names below alt are never looked up in the DNS; take the entry out',
      'z/a.zone:4: warning: allows nothing: names below invalid are never looked up in the DNS; take the entry out',
      'z/a.zone:5: warning: allows nothing: localhost is answered here, whatever the entries say; take the entry out',
      'z/a.zone:6: warning: allows nothing: resolver.arpa is answered here, whatever the entries say; take the entry out',
    ],
  )
})
