import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Observation } from '../../src/audit/observation.ts'
import { type Suggestion, suggest, viewsOf } from '../../src/audit/suggestion.ts'
import { unusedEntries } from '../../src/audit/unused.ts'
import type { Name } from '../../src/dns/name.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import { coversPort, formatPortRange, parsePortRange } from '../../src/net/port.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { decideAddress, decideName } from '../../src/policy/decide.ts'
import { buildPolicy, type Policy } from '../../src/policy/policy.ts'
import { parseZone } from '../../src/zones/parse.ts'

const NOW = Date.UTC(2026, 5, 1)
const CLIENTS = [
  { name: 'alpha', prefixes: [parsePrefix('10.77.1.2')!] },
  { name: 'beta', prefixes: [parsePrefix('10.77.2.2')!] },
]
const SETTINGS = { clients: CLIENTS, guard: 'forward', audit: true, neverOpen: [] } as const

type Zones = Readonly<Record<string, string>>

function suggestFor(
  observations: readonly Observation[],
  zones: Zones = {},
  options: { contactedOnly?: boolean; wildcards?: number } = {},
): Suggestion {
  const files = Object.entries(zones).map(([file, text]) => parseZone(text, { file: `zones/${file}`, tier: undefined }).zone!)
  return suggest({
    ...{ observations, runs: 3, settings: SETTINGS, now: NOW, folders: { kind: 'one', folder: 'zones' } },
    inForce: { policy: buildPolicy({ ...SETTINGS, files }), files },
    contactedOnly: options.contactedOnly ?? false,
    wildcards: options.wildcards,
    read: (file) => zones[file.replace('zones/', '')],
  })
}

function seen(destination: string, ports: readonly string[], more: Partial<Observation> = {}): Observation {
  const kind = parseAddress(destination) === undefined ? 'name' : 'address'
  return {
    ...{ client: 'alpha', destination, kind, domain: destination, types: [], addresses: ['192.0.2.1'], system: null },
    ...{ runs: 2, lookups: 1, connections: 3, lastSeen: '2026-05-30T12:00:00.000Z' },
    ports: ports.map((text) => parsePortRange(text)!),
    ...more,
  }
}

function forBoth(destination: string, ports: readonly string[], more: Partial<Observation> = {}): readonly Observation[] {
  return ['alpha', 'beta'].map((client) => seen(destination, ports, { client, ...more }))
}

function written({ changes }: Suggestion): Record<string, string> {
  return Object.fromEntries(changes.map(({ file, after }) => [file, after]))
}

test('what all clients contacted is for everybody, what one did for it alone; machines in base, agents in app', () => {
  const suggestion = suggestFor([
    ...forBoth('deb.debian.org', ['tcp/80'], { system: 'updates' }),
    ...forBoth('api.model.example', ['tcp/443', 'tcp/8443']),
    seen('only.alpha.example', ['tcp/22']),
    seen('203.0.113.9', ['udp/9000']),
  ])
  assert.deepEqual(written(suggestion), {
    'zones/base.zone': '$TIER base\ndeb.debian.org tcp/80  # seen in 2 of 3 runs, 6 connections, last 2026-05-30\n',
    'zones/app.zone': 'api.model.example tcp/443 tcp/8443  # seen in 2 of 3 runs, 6 connections, last 2026-05-30\n',
    'zones/app-alpha.zone': [
      '$CLIENTS alpha',
      'only.alpha.example tcp/22  # seen in 2 of 3 runs, 3 connections, last 2026-05-30',
      '203.0.113.9 udp/9000  # seen in 2 of 3 runs, 3 connections, without any lookup, last 2026-05-30',
      '',
    ].join('\n'),
  })
  assert.deepEqual(suggestion.leftOut, [])
})

test('files that are there keep their lines, comments and order; an entry gains a port, and one without a comment its evidence', () => {
  const zones = { 'app.zone': '# ours\nb.example   443   # since May\n\na.example\n' }
  const suggestion = suggestFor(
    [...forBoth('b.example', ['tcp/443', 'tcp/22']), ...forBoth('a.example', ['tcp/80']), ...forBoth('c.example', ['tcp/443'])],
    zones,
  )
  assert.deepEqual(written(suggestion), {
    'zones/app.zone': [
      '# ours',
      'b.example   443 tcp/22   # since May',
      '',
      'a.example tcp/443 tcp/80  # seen in 2 of 3 runs, 6 connections, last 2026-05-30',
      'c.example tcp/443  # seen in 2 of 3 runs, 6 connections, last 2026-05-30',
      '',
    ].join('\n'),
  })
})

test('what is allowed already is not proposed, and neither is what an entry denies or let through until a day', () => {
  const zones = { 'app.zone': '*.ok.example\n!no.example\nold.example until=2020-01-01\n' }
  const observations = [
    ...forBoth('a.ok.example', ['tcp/443']),
    ...forBoth('no.example', ['tcp/443']),
    ...forBoth('old.example', ['tcp/443']),
    seen('10.0.0.9', ['tcp/443'], { client: 'gone' }),
  ]
  const { changes, leftOut } = suggestFor(observations, zones)
  assert.deepEqual(changes, [])
  assert.deepEqual(
    leftOut.map(({ observation, why }) => `${observation.client} ${observation.destination} ${why}`),
    [
      ...['alpha', 'beta'].map((client) => `${client} no.example an entry denies it (zones/app.zone:2: !no.example)`),
      ...['alpha', 'beta'].map(
        (client) => `${client} old.example the entry that allowed it has expired (zones/app.zone:3: old.example until=2020-01-01)`,
      ),
      'gone 10.0.0.9 nobody is known as gone: name its addresses under clients: in the settings',
    ],
  )
})

test('a name that was asked for and never contacted is proposed, unless not wanted, or a replay would be denied it; one without an address needs nothing', () => {
  const observations = [...forBoth('asked.example', [], { connections: 0 }), ...forBoth('void.example', [], { addresses: [] })]
  const suggestion = suggestFor(observations)
  assert.match(written(suggestion)['zones/app.zone']!, /^asked\.example tcp\/443 {2}# .*never contacted, 2 lookups, last \S+\n$/)
  assert.deepEqual(suggestion.leftOut, [])
  const { changes, leftOut } = suggestFor(observations, {}, { contactedOnly: true })
  assert.deepEqual([changes.length, leftOut.length, leftOut[0]!.why], [0, 2, 'it was asked for and never contacted'])
})

test('a narrower entry says what the wider one of its tier said, for it speaks alone', () => {
  const zones = { 'app.zone': '*.w.example tcp/443 types=TXT until=2027-01-01\n' }
  const suggestion = suggestFor(forBoth('a.w.example', ['tcp/8443']), zones)
  assert.match(written(suggestion)['zones/app.zone']!, /^a\.w\.example tcp\/443 tcp\/8443 until=2027-01-01 types=TXT {2}#/m)
  assert.deepEqual(suggestion.leftOut, [])
})

test('many siblings become a wildcard when asked to, on the same ports only, and never over a public suffix', () => {
  const shards = Array.from({ length: 5 }, (_, index) => forBoth(`n${index}.cdn.example`, ['tcp/443'])).flat()
  const others = [
    ...forBoth('odd.cdn.example', ['tcp/8443']),
    ...['a', 'b', 'c', 'd', 'e'].flatMap((label) => forBoth(`${label}.github.io`, ['tcp/443'])),
  ]
  assert.doesNotMatch(written(suggestFor([...shards, ...others]))['zones/app.zone']!, /\*/)
  const text = written(suggestFor([...shards, ...others], {}, { wildcards: 5 }))['zones/app.zone']!
  assert.deepEqual(
    text.split('\n').map((line) => line.split(' ')[0]),
    ['*.cdn.example', 'odd.cdn.example', 'a.github.io', 'b.github.io', 'c.github.io', 'd.github.io', 'e.github.io', ''],
  )
})

test('what the settings do not let the app tier say is told before anything is written', () => {
  const limits = {
    private: false,
    any: false,
    wildcards: false,
    audit: true,
    ports: [parsePortRange('tcp/443')!],
    names: undefined,
    clients: undefined,
  }
  const files = [parseZone('', { file: 'zones/app.zone', tier: undefined }).zone!]
  const { problems } = suggest({
    ...{
      observations: forBoth('a.example', ['tcp/22']),
      runs: 1,
      now: NOW,
      folders: { kind: 'one', folder: 'zones' },
      contactedOnly: false,
    },
    ...{
      settings: { ...SETTINGS, appLimits: limits },
      inForce: { policy: buildPolicy({ ...SETTINGS, files }), files },
      wildcards: undefined,
    },
    read: () => '',
  })
  assert.deepEqual(
    problems.map(({ file, line }) => `${file}:${line}`),
    ['zones/app.zone:1'],
  )
})

const NAMES = ['a.example', 'x.c.example', 'y.c.example', 'c.example', 'deb.debian.org']
const ADDRESSES = ['192.0.2.7', '192.0.2.8', '2001:db8::7']
const PORTS = ['tcp/443', 'tcp/22', 'udp/53', 'tcp/8443']
const ENTRIES = [
  'a.example',
  '*.c.example tcp/22',
  'x.c.example tcp/8443',
  '!y.c.example',
  '*.c.example until=2020-01-01',
  '192.0.2.0/24 tcp/22',
  '!192.0.2.8',
  'c.example until=2027-01-01',
]

const observation = fc.record({
  client: fc.constantFrom('alpha', 'beta'),
  destination: fc.constantFrom(...NAMES, ...ADDRESSES),
  /** Of a name none: it was asked for only. An address is always contacted. */
  ports: fc.uniqueArray(fc.constantFrom(...PORTS)),
})
const zone = fc.uniqueArray(fc.constantFrom(...ENTRIES), { maxLength: 4, selector: (entry) => entry.split(' ')[0] })

function portsOf(group: readonly { readonly destination: string; readonly ports: readonly string[] }[]): readonly string[] {
  const ports = [...new Set(group.flatMap((each) => each.ports))]
  return ports.length === 0 && parseAddress(group[0]!.destination) !== undefined ? ['tcp/443'] : ports
}

/** "alpha a.example tcp/443" for everything that is let through. */
function openIn(policy: Policy): ReadonlySet<string> {
  const viewOf = viewsOf(policy)
  const open = CLIENTS.flatMap(({ name: client }) =>
    [...NAMES, ...ADDRESSES, 'unseen.c.example', 'unseen.example', '192.0.2.9'].flatMap((destination) => {
      const view = viewOf(client)!
      const isAddress = parseAddress(destination) !== undefined
      const verdict = isAddress ? decideAddress(view, destination as Address, NOW) : decideName(view, destination as Name, NOW)
      return [...PORTS, 'tcp/1'].map((text) => {
        const port = parsePortRange(text)!
        return verdict.kind === 'allow' && coversPort(verdict.ports, port.protocol as 'tcp', port.first)
          ? [`${client} ${destination} ${text}`]
          : []
      })
    }),
  )
  return new Set(open.flat())
}

test('whatever was seen, under whatever zone files: all of it is let through or named as left out, and nothing else is opened or closed', () => {
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 8 }), zone, zone, (raw, app, base) => {
      const merged = [...Map.groupBy(raw, ({ client, destination }) => `${client} ${destination}`).values()].map((group) =>
        seen(group[0]!.destination, portsOf(group), {
          client: group[0]!.client,
          system: group[0]!.destination === 'deb.debian.org' ? 'updates' : null,
        }),
      )
      const suggestion = suggestFor(merged, { 'app.zone': `${app.join('\n')}\n`, 'base.zone': `$TIER base\n${base.join('\n')}\n` })
      const [before, after] = [openIn(suggestion.before.policy), openIn(suggestion.after.policy)]
      const left = new Set(suggestion.leftOut.map((each) => each.observation))
      const wanted = new Set(
        merged.flatMap((each) => each.ports.map((port) => `${each.client} ${each.destination} ${formatPortRange(port)}`)),
      )
      const asked = new Set(merged.filter(({ ports }) => ports.length === 0).map((each) => `${each.client} ${each.destination} tcp/443`))
      const viewOf = viewsOf(suggestion.after.policy)
      for (const each of merged) {
        const label = `${each.client} ${each.destination}`
        for (const port of each.ports) assert.ok(left.has(each) || after.has(`${label} ${formatPortRange(port)}`), label)
        if (each.ports.length === 0)
          assert.ok(left.has(each) || decideName(viewOf(each.client)!, each.destination as Name, NOW).kind === 'allow', label)
      }
      // How much wider than the observation: by the usual port of what was asked for only.
      assert.deepEqual(
        [...after].filter((each) => !before.has(each) && !wanted.has(each) && !asked.has(each)),
        [],
      )
      assert.deepEqual(
        [...before].filter((each) => !after.has(each)),
        [],
      )
      assert.deepEqual(suggestion.problems, [])
    }),
    { numRuns: 400 },
  )
})

test('entries that nothing has used are listed, whichever name or address used the others', () => {
  const text = 'used.example\n*.wide.example\nidle.example 443 22\n!no.example\n192.0.2.0/24 tcp/22\n198.51.100.0/24\n'
  const file = parseZone(text, { file: 'app.zone', tier: undefined }).zone!
  const policy = buildPolicy({ ...SETTINGS, files: [file] })
  const observations = [seen('used.example', []), seen('a.wide.example', ['tcp/443']), seen('192.0.2.7', ['tcp/22'])]
  assert.deepEqual(
    unusedEntries([file], observations, viewsOf(policy), NOW).map(({ text: entry }) => entry),
    ['idle.example 443 22', '198.51.100.0/24'],
  )
})
