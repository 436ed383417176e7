import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EVERYBODY } from '../../src/audit/audience.ts'
import { type ChangeFor, comparePolicies, type Side } from '../../src/audit/compare.ts'
import { describeChanges } from '../../src/audit/describe-change.ts'
import { subtractPorts } from '../../src/audit/port-set.ts'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { coversPort, parsePortRange } from '../../src/net/port.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { decideAddress, decideName } from '../../src/policy/decide.ts'
import { buildPolicy } from '../../src/policy/policy.ts'
import { parseZone } from '../../src/zones/parse.ts'

const NOW = Date.parse('2026-06-01')
const CLIENTS = [{ name: 'reviewer', prefixes: [parsePrefix('10.77.0.2')!] }]

function side(files: Readonly<Record<string, string>>): Side {
  const zones = Object.entries(files).map(([file, text]) => {
    const { zone, problems } = parseZone(text, { file, tier: undefined })
    assert.ok(zone, JSON.stringify(problems))
    return zone
  })
  return { files: zones, policy: buildPolicy({ files: zones, clients: CLIENTS, guard: 'forward', audit: false, neverOpen: [] }) }
}

function linesOf(before: string, after: string): readonly string[] {
  return describeChanges(comparePolicies(side({ 'a.zone': before }), side({ 'a.zone': after }), NOW))
}

test('equal policies differ in nothing, however they are written', () => {
  const before = side({ 'a.zone': 'a.example 443 80\nb.example\n' })
  const after = side({ 'b.zone': 'b.example tcp/443 # moved\n', 'a.zone': 'A.example. 80 443\n' })
  assert.deepEqual(describeChanges(comparePolicies(before, after, NOW)), ['nothing is opened and nothing is closed'])
})

test('names, ports, types, ends and addresses that open and close are told with their entries', () => {
  const before = 'a.example\nb.example tcp/80\n*.w.example\n203.0.113.0/24 443\nc.example any\n'
  const after =
    'a.example 443 22\n*.w.example until=2099-01-01\n!x.w.example\n203.0.113.0/25 443\n!203.0.113.7\nc.example 8000-8100 types=SRV\n'
  assert.deepEqual(linesOf(before, after), [
    'for every client:',
    '  + a.example  tcp/22  a.zone:1',
    '  - b.example  tcp/80  was a.zone:2',
    '  - c.example  tcp/1-7999 tcp/8101-65535 udp/1-65535  was a.zone:5',
    '  ~ *.w.example  (ends after 2099-01-01)  a.zone:2',
    '  - x.w.example  tcp/443  was a.zone:3',
    '  - 203.0.113.7  tcp/443  was a.zone:4',
    '  - 203.0.113.128/25  tcp/443  was a.zone:4',
    '  ~ 203.0.113.7  (no name opens it any more)  a.zone:5',
  ])
})

test('an entry of one tier that the other overrules opens nothing', () => {
  const base = { 'base.zone': '$TIER base\n!secret.example\n' }
  const after = side({ ...base, 'app.zone': 'secret.example\nopen.example\n' })
  const changes = comparePolicies(side({ ...base, 'app.zone': 'open.example\n' }), after, NOW)
  assert.deepEqual(changes, [])
})

test('an entry that has ended opens nothing; one that ends today still does', () => {
  assert.deepEqual(linesOf('', 'a.example until=2026-05-31\n'), ['nothing is opened and nothing is closed'])
  assert.match(linesOf('', 'a.example until=2026-06-01\n').join(), /\+ a\.example {2}tcp\/443 {2}\(ends after 2026-06-01\)/)
})

test('changes are told for the clients that they concern', () => {
  const before = side({ 'a.zone': 'a.example\n' })
  const after = side({
    'a.zone': 'a.example\n',
    'r.zone': '$CLIENTS reviewer\nr.example\n',
    'p.zone': '$CLIENTS 10.88.0.0/16\np.example\n',
  })
  const found = comparePolicies(before, after, NOW).map(({ subject, clients }) => [subject, ...clients])
  assert.deepEqual(found, [
    ['r.example', 'reviewer'],
    ['p.example', '10.88.0.0/16'],
  ])
})

test('audit mode that comes or goes opens or closes whatever is denied, and grants no entry', () => {
  const [off, on] = ['a.example\n', '# observe\n$MODE audit\na.example\n']
  assert.deepEqual(linesOf(off, on), [
    'for every client:',
    '  + whatever is denied  any  (audit mode: let through, and recorded)  a.zone:2',
  ])
  assert.deepEqual(linesOf(on, off), ['for every client:', '  - whatever is denied  any  was a.zone:2'])
  assert.deepEqual(linesOf(on, `${on}b.example\n`), ['for every client:', '  + b.example  tcp/443  a.zone:4'])
  assert.deepEqual(linesOf(off, '$CLIENTS reviewer\n$MODE audit\na.example\n').slice(-2), [
    'for reviewer:',
    '  + whatever is denied  any  (audit mode: let through, and recorded)  a.zone:2',
  ])
})

const PORTS = ['', '443', '22', 'udp/443', '400-500', 'any']
const SUBJECTS = ['a.example', 'b.a.example', '*.a.example', '*.b.a.example', '*.example.', 'c.b.a.example']
const ASKED = ['a.example', 'b.a.example', 'x.a.example', 'c.b.a.example', 'y.b.a.example', 'z.y.b.a.example', 'other.test'].map(parseName)
const entry = fc
  .tuple(
    fc.constantFrom('', '', '!'),
    fc.constantFrom(...SUBJECTS.filter((subject) => subject !== '*.example.')),
    fc.constantFrom(...PORTS),
  )
  .map(([deny, subject, ports]) => (deny ? `!${subject}` : `${subject} ${ports}`))
const zone = fc
  .tuple(fc.constantFrom('', '$TIER base\n'), fc.constantFrom('', '$CLIENTS reviewer\n'), fc.array(entry, { maxLength: 5 }))
  .map(([tier, clients, entries]) => `${tier}${clients}${entries.join('\n')}\n`)
const policy = fc.tuple(zone, zone).map(([a, b]) => side({ 'a.zone': a, 'b.zone': b }))

/** The change that speaks for a name: of its own entry, else of the nearest wildcard. */
function changeFor(changes: readonly ChangeFor[], name: string, client: string, mentioned: ReadonlySet<string>): ChangeFor | undefined {
  const labels = name.split('.')
  const subjects = [name, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)]
  const subject = subjects.find((each) => mentioned.has(each))
  return changes.find((change) => change.subject === subject && [client, EVERYBODY].some((who) => change.clients.includes(who)))
}

test('what the changes say is what the policies decide, port by port', () => {
  fc.assert(
    fc.property(policy, policy, (before, after) => {
      const changes = comparePolicies(before, after, NOW)
      const files = [...before.files, ...after.files]
      const mentioned = new Set(files.flatMap(({ names }) => Array.from(names, ({ name, wildcard }) => (wildcard ? `*.${name}` : name))))
      for (const [client, source] of [
        ['reviewer', '10.77.0.2'],
        ['every other client', '10.77.0.3'],
      ] as const) {
        const [was, is] = [before, after].map((each) => each.policy.clientAt(parseAddress(source)!).view)
        for (const name of ASKED) {
          const change = changeFor(changes, name, client, mentioned)
          const grants = [was, is].map((view) => decideName(view!, name, NOW))
          for (const [protocol, port] of [
            ['tcp', 443],
            ['tcp', 22],
            ['udp', 443],
            ['tcp', 450],
            ['udp', 9],
          ] as const) {
            const [closedBefore, openAfter] = grants.map((grant) => grant.kind === 'allow' && coversPort(grant.ports, protocol, port))
            assert.equal(coversPort(change?.opens ?? [], protocol, port), !closedBefore && openAfter, `${name} ${protocol}/${port}`)
            assert.equal(coversPort(change?.closes ?? [], protocol, port), closedBefore && !openAfter, `${name} ${protocol}/${port}`)
          }
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('addresses that open are those that decide says are open', () => {
  const before = side({ 'a.zone': '203.0.113.0/28 443\n' })
  const after = side({ 'a.zone': '203.0.113.8/29 443 80\n!203.0.113.10\n203.0.113.64/26 udp/53\n' })
  const changes = comparePolicies(before, after, NOW).filter(({ opens }) => opens.length > 0)
  for (let host = 0; host < 256; host++) {
    const address = parseAddress(`203.0.113.${host}`)!
    const [was, is] = [before, after].map((each) => {
      const verdict = decideAddress(each.policy.clientAt(parseAddress('10.77.0.9')!).view, address, NOW)
      return verdict.kind === 'allow' ? verdict.ports : []
    })
    const told = changes.filter(({ subject }) => coversAddress(subject, host)).flatMap(({ opens }) => opens)
    assert.deepEqual(told, subtractPorts(is!, was!), address)
  }
})

function coversAddress(subject: string, host: number): boolean {
  const [first, last] = subject.includes('-')
    ? subject.split('-').map((text) => Number(text.split('.')[3]))
    : [Number(subject.split('/')[0]!.split('.')[3]), undefined]
  const length = Number(subject.split('/')[1] ?? 32)
  return first! <= host && host <= (last ?? first! + 2 ** (32 - length) - 1)
}

test('ports are taken from ports', () => {
  const ports = (...texts: string[]) => texts.map((text) => parsePortRange(text)!)
  assert.deepEqual(subtractPorts(ports('any'), []), ports('any'))
  assert.deepEqual(subtractPorts(ports('tcp/1-10'), ports('tcp/3', 'tcp/5-6')), ports('tcp/1-2', 'tcp/4', 'tcp/7-10'))
  assert.deepEqual(subtractPorts(ports('tcp/443'), ports('any')), [])
  assert.deepEqual(subtractPorts(ports('443', 'udp/443'), ports('443')), ports('udp/443'))
})
