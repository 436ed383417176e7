import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Config, ConfigError } from '../../src/config/config.ts'
import { type Override, readConfig } from '../../src/config/read.ts'
import { parseUpstream } from '../../src/config/upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'))
after(() => rmSync(folder, { recursive: true }))

function read(text: string, overrides: readonly Override[] = []): Config {
  const file = join(folder, 'sallyport.yaml')
  writeFileSync(file, text)
  return readConfig({
    file,
    overrides,
    environment: {
      workingFolder: '/work-here',
      stateFolder: '/state',
      journalFolder: '/journal',
      errorStream: 'json',
      manager: undefined,
      invoker: undefined,
    },
  })
}

/** The problems, without the folder of the file. */
function problems(text: string, overrides: readonly Override[] = []): readonly string[] {
  try {
    read(text, overrides)
  } catch (error) {
    assert(error instanceof ConfigError)
    return error.problems.map((problem) => problem.replace(`${folder}/`, ''))
  }
  return []
}

test('an empty file gives every default', () => {
  const config = read('')
  assert.deepEqual(config.zones, { kind: 'one', folder: join(folder, 'zones') })
  assert.deepEqual(config.resolver.upstreams, [{ kind: 'system' }])
  assert.equal(config.updater.guard, 'none')
  assert.equal(config.resolver.maxTtlSeconds, 300)
  assert.equal(config.state, '/state')
  assert.deepEqual(config.log, { level: 'info', format: 'json' })
})

test('a client is called alike in settings and in calls: from a letter or digit on, and by no address', () => {
  assert.deepEqual(
    read('clients: {7b: 10.77.0.2}').clients.map(({ name }) => name),
    ['7b'],
  )
  for (const name of ['_agent', '10.77.0.2', 'a'.repeat(65)])
    assert.match(problems(`clients:\n  ${name}: 10.77.0.2`)[0]!, /^sallyport\.yaml:2: clients.*begins with a letter or digit.*no address/)
  assert.deepEqual(problems('clients:\n  host: 10.77.0.2'), [
    'sallyport.yaml:2: clients.host: "host" is what the gateway itself is called: choose another name',
  ])
  assert.match(problems('clients:\n  __proto__: 10.77.0.2')[0]!, /^sallyport\.yaml:2: expected another name than __proto__$/)
})

test('metrics are off unless an address or a path says where they are read, and under guard: output it must be a path', () => {
  assert.deepEqual(read('').metrics, { listen: { kind: 'off' } })
  assert.deepEqual(read('metrics: {listen: "[::1]:9353"}').metrics.listen, { kind: 'endpoint', endpoint: { address: '::1', port: 9353 } })
  assert.deepEqual(read('metrics: {listen: ./m.sock}').metrics.listen, { kind: 'socket', path: join(folder, 'm.sock') })
  assert.match(
    problems('metrics: {listen: 127.0.0.1}')[0]!,
    /^sallyport\.yaml:1: metrics\.listen: expected off, an address and port .* got "127\.0\.0\.1"$/,
  )
  assert.match(
    problems('updater: {guard: output}\nmetrics: {listen: 127.0.0.1:9353}')[0]!,
    /^sallyport\.yaml:2: metrics\.listen: with guard: output .*Unix socket, got 127/,
  )
})

test('limits of the app tier: none unless set, and a list of ports and clients where one does', () => {
  const free = { private: true, any: true, wildcards: true, audit: undefined, ports: undefined, names: undefined, clients: undefined }
  assert.deepEqual(read('').limits.app, free)
  const { ports, clients, ...rest } = read(
    'limits: {app: {private: false, ports: [443, udp/53], clients: [reviewer-7, 10.77.0.0/16], names: 0}}',
  ).limits.app
  assert.deepEqual([rest.private, rest.names, ports?.length], [false, 0, 2])
  assert.deepEqual(
    clients?.map(({ kind }) => kind),
    ['name', 'prefix'],
  )
  assert.match(problems('limits:\n  app: {names: -1}')[0]!, /^sallyport\.yaml:2: limits\.app\.names: expected a whole number/)
})

test('a fixed source address: one, one of each family, or others for some clients; under guard: forward alone', () => {
  const forward = 'updater:\n  guard: forward\n  interfaces: veth*\n'
  const snatOf = (text: string) => read(`${forward}  snat: ${text}`).updater.snat
  assert.equal(read('').updater.snat, undefined)
  assert.deepEqual(snatOf('198.51.100.9'), { everybody: ['198.51.100.9'], clients: [] })
  const { everybody, clients } = snatOf('{clients: {reviewer-7: [198.51.100.9, "2001:db8::9"], 10.77.1.0/24: 198.51.100.10}}')!
  assert.deepEqual(
    [everybody, clients.map(({ selector, addresses }) => `${selector.kind} ${addresses.join(' ')}`)],
    [[], ['name 198.51.100.9 2001:db8::9', 'prefix 198.51.100.10']],
  )
  for (const [text, problem] of [
    ['snat: [198.51.100.9, 198.51.100.10]', /^sallyport\.yaml:4: updater\.snat: expected an address, or one of each family/],
    ['snat: {clients: {10.77.1.1/24: 198.51.100.9}}', /^sallyport\.yaml:4: updater\.snat\.clients.*expected the name of a client/],
    ['snat: nowhere', /^sallyport\.yaml:4: updater\.snat: expected an address/],
  ] as const)
    assert.match(problems(`${forward}  ${text}`)[0]!, problem)
  assert.match(
    problems('updater: {snat: 198.51.100.9}')[0]!,
    /^sallyport\.yaml:1: updater\.snat: goes with guard: forward, but guard is none/,
  )
})

test('a client may be known by its interfaces, under guard: forward and among those that are guarded', () => {
  const updater = 'updater: {guard: forward, interfaces: [veth*, br0]}\n'
  const { clients } = read(`${updater}clients: {one: [veth1, 10.77.0.2], many: "vethx*", bridge: br0}`)
  assert.deepEqual(
    clients.map(({ name, interfaces, prefixes }) => `${name} ${interfaces!.join(' ')} ${prefixes.length}`),
    ['one veth1 1', 'many vethx* 0', 'bridge br0 0'],
  )
  for (const [text, problem] of [
    ['one: [eth0]', /^sallyport\.yaml:2: clients\.one: expected .* of updater\.interfaces \(veth\* br0\), got "eth0"/],
    ['one: [10.77.0.300]', /^sallyport\.yaml:2: clients\.one\[0\]: expected an address or a prefix, got "10\.77\.0\.300"/],
    ['one: ve*', /^sallyport\.yaml:2: clients\.one: .*got "ve\*"/],
    ['one: veth1, two: [veth2, veth1]', /^sallyport\.yaml:2: clients\.two: veth1 stands under one too/],
    ['one: 10.77.0.0/24, two: 10.77.0.0/24', /^sallyport\.yaml:2: clients\.two: 10\.77\.0\.0\/24 stands under one too/],
  ] as const)
    assert.match(problems(`${updater}clients: {${text}}`)[0]!, problem)
  assert.match(
    problems('clients: {one: veth1}')[0]!,
    /clients\.one: an interface tells clients apart under guard: forward, but guard is none/,
  )
})

test('the settings of the documentation are read', () => {
  const config = read(`
zones: {base: /etc/base, app: app}
mode: audit
clients: {reviewer-7: [10.77.0.2, fd77::2], builder: 10.77.1.0/24}
resolver:
  listen: [127.0.0.1:5300, "[::1]:5300"]
  upstreams: [system, 192.0.2.53, "[2001:db8::53]:5353"]
updater:
  guard: forward
  interfaces: [veth*]
  mirror: [inet fw4 allowed4]
  inbound: [22, tcp/8000-8100]
`)
  assert.deepEqual(config.zones, { kind: 'tiers', base: '/etc/base', app: join(folder, 'app') })
  assert.equal(config.mode, 'audit')
  assert.deepEqual(
    config.clients.map(({ name, prefixes }) => [name, prefixes.map(({ address, length }) => `${address}/${length}`)]),
    [
      ['reviewer-7', ['10.77.0.2/32', 'fd77::2/128']],
      ['builder', ['10.77.1.0/24']],
    ],
  )
  assert.deepEqual(config.resolver.upstreams[2], { kind: 'plain', endpoint: { address: '2001:db8::53', port: 5353 } })
  assert.deepEqual(config.updater.mirror, [{ family: 'inet', table: 'fw4', set: 'allowed4' }])
  assert.deepEqual(config.updater.inbound[0], { protocol: 'tcp', first: 22, last: 22 })
})

test('all problems are told at once, each with its line, what was expected and what stands there', () => {
  const text = `zones: ./zones
mode: strict
resolver:
  maxTtlSeconds: soon
  upstreams:
    - system
    - dns.google:53x
clients:
  reviewer: [10.0.0.1/8]
`
  const [mode, ttl, upstream, client, ...rest] = problems(text)
  assert.equal(mode, 'sallyport.yaml:2: mode: expected enforce or audit, got "strict"')
  assert.equal(ttl, 'sallyport.yaml:4: resolver.maxTtlSeconds: expected a whole number from 1 to 86400, got "soon"')
  assert.match(upstream!, /^sallyport\.yaml:7: resolver\.upstreams\[1\]: expected "system" or an address .*, got "dns\.google:53x"$/)
  assert.match(
    client!,
    /^sallyport\.yaml:9: clients\.reviewer\[0\]: expected an address or a prefix .*write 10\.0\.0\.0\/8.*, got "10\.0\.0\.1\/8"$/,
  )
  assert.deepEqual(rest, [])
})

test('an unknown key is an error that says what was probably meant', () => {
  assert.deepEqual(problems('resolver:\n  upstream: [system]\n'), [
    'sallyport.yaml:2: resolver.upstream: unknown key; did you mean "upstreams"?',
  ])
  assert.deepEqual(problems('guard: forward\n'), ['sallyport.yaml:1: guard: unknown key; it belongs to updater'])
  assert.deepEqual(problems('log: {colour: red}\n'), ['sallyport.yaml:1: log.colour: unknown key; known here: level, format'])
})

test('a value of the wrong shape is an error, not a default', () => {
  assert.deepEqual(problems('resolver: fast\n'), ['sallyport.yaml:1: resolver: expected a section of settings, got "fast"'])
  assert.deepEqual(problems('updater:\n  dhcp: "yes"\n'), ['sallyport.yaml:2: updater.dhcp: expected true or false, got "yes"'])
  assert.deepEqual(problems('zones: {base: a}\n'), ['sallyport.yaml:1: zones.app: expected the path of a folder, got nothing'])
  assert.deepEqual(problems('- one\n'), ['sallyport.yaml:1: expected a section of settings, got ["one"]'])
  assert.deepEqual(problems('updater:\n'), ['sallyport.yaml:1: updater: expected a section of settings, got null'])
})

test('broken YAML is told with its line', () => {
  const [first] = problems('zones: ./zones\nmode: [enforce\n')
  assert.match(first!, /^sallyport\.yaml:3: flow/)
  assert.match(problems('mode: audit\nmode: enforce\n')[0]!, /^sallyport\.yaml:2: map keys must be unique/)
})

test('a guard that would guard nothing is an error', () => {
  assert.deepEqual(problems('updater:\n  guard: forward\n'), [
    'sallyport.yaml:2: updater.interfaces: expected at least one sandbox-facing interface or pattern with guard: forward, got none',
  ])
  assert.deepEqual(problems('updater:\n  guard: output\n  backend: memory\n'), [
    'sallyport.yaml:3: updater.backend: memory enforces nothing and goes with guard: none only, but guard is output',
  ])
})

test('a flag replaces the setting, is relative to the working folder, and is named when it is wrong', () => {
  const zones = { flag: '--zones', path: ['zones'], value: 'mine' }
  assert.deepEqual(read('zones: theirs\n', [zones]).zones, { kind: 'one', folder: '/work-here/mine' })
  const upstream = { flag: '--upstream', path: ['resolver', 'upstreams'], value: ['x'] }
  assert.match(problems('', [upstream])[0]!, /^--upstream: expected "system" or an address .*, got "x"$/)
})

test('a file that was named and cannot be read is an error', () => {
  const environment = {
    workingFolder: folder,
    stateFolder: '/state',
    journalFolder: '/journal',
    errorStream: 'json',
    manager: undefined,
    invoker: undefined,
  } as const
  assert.throws(() => readConfig({ file: 'missing.yaml', environment }), /missing\.yaml: cannot be read: ENOENT/)
})

const UPSTREAMS: [string, object][] = [
  ['tls://192.0.2.1', { kind: 'tls', name: '192.0.2.1', port: 853, address: '192.0.2.1' }],
  ['tls://[2001:db8::1]:8853#Dns.Example', { kind: 'tls', name: 'dns.example', port: 8853, address: '2001:db8::1' }],
  ['tls://dns.example', { kind: 'tls', name: 'dns.example', port: 853, address: undefined }],
  ['https://dns.example/q', { kind: 'https', name: 'dns.example', port: 443, address: undefined, path: '/q' }],
  ['https://192.0.2.1#dns.example', { kind: 'https', name: 'dns.example', port: 443, address: '192.0.2.1', path: '/dns-query' }],
]
for (const [text, expected] of UPSTREAMS)
  test(`the upstream ${text} is understood`, () => {
    assert.deepEqual(parseUpstream(text), { ...expected, label: text })
  })

test('what looks like an encrypted upstream and is none is an error', () => {
  for (const text of [
    'tls://',
    'tls://dns.example/x',
    'https://:secret@dns.example/',
    'https://dns.example/an account',
    'tls://dns.example#other.example',
    'https://user@dns.example/',
    'https://dns.example/?x',
    'http://dns.example/',
    'tls://1.2.3',
  ])
    assert.equal(parseUpstream(text), undefined, text)
})

test('with guard: output an upstream by name alone is refused, with the form that works', () => {
  const text = `resolver:
  upstreams: [tls://dns.example, tls://192.0.2.1]
  suffixes: {corp.example: "https://dns.corp.example"}
updater:
  guard: output
`
  const [first, second, ...others] = problems(text)
  assert.match(first!, /:2: resolver\.upstreams\[0\]: .*expected tls:\/\/ADDRESS#dns\.example, got "tls:\/\/dns\.example"$/)
  assert.match(second!, /:3: resolver\.suffixes.*expected https:\/\/ADDRESS\/dns-query#dns\.corp\.example/)
  assert.deepEqual(others, [])
})
