import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CatalogueOptions, createCatalogue } from '../../src/audit/catalogue.ts'
import { rowsOf } from '../../src/audit/row.ts'
import { parseSystemList } from '../../src/audit/system-list.ts'
import { toCsv, toTable } from '../../src/audit/table.ts'
import type { Contacted, JournalRecord } from '../../src/journal/record.ts'

const NOON = Date.UTC(2026, 0, 1, 12)
const LIST = parseSystemList('time * udp/123\nupdates deb.debian.org\npackages *.npm.example', 'system.list')

function decision(name: string, more: Partial<Extract<JournalRecord, { event: 'decision' }>> = {}): JournalRecord {
  const decided = { client: 'alpha', name, type: 'A', verdict: 'audit', reason: 'no-rule', rules: [], revision: 'r' } as const
  return { event: 'decision', ...decided, addresses: [], ...more }
}

function contact(address: string, ports: string, packets: number, more: Partial<Contacted> = {}): Contacted {
  const counts = { connections: 1, packets, octets: packets * 100 }
  return { event: 'contact', client: 'alpha', address, ports, names: [], verdict: 'audit', rules: [], revision: 'r', ...counts, ...more }
}

/** A record a minute, from noon on; each row in few words. */
function rows(records: readonly JournalRecord[], options: CatalogueOptions = {}) {
  const catalogue = createCatalogue(options)
  for (const [index, record] of records.entries()) catalogue.take({ stream: 'resolver', time: NOON + index * 60_000, record })
  return rowsOf(catalogue, { systemList: LIST, tierOf: () => undefined })
}

function brief(all: ReturnType<typeof rows>): string[] {
  return all.map(({ client, destination, protocol, port, connections, packets, verdict }) =>
    [client, destination, protocol === null ? '-' : `${protocol}/${port}`, connections, packets, verdict].join(' '),
  )
}

test('a contact is that of the names that held its address, else of those answered with it, else of nobody', () => {
  const records = [
    decision('a.example', { addresses: ['192.0.2.1'] }),
    contact('192.0.2.1', 'tcp/443', 5, { names: ['a.example' as never] }),
    decision('late.example', { addresses: ['192.0.2.2'] }),
    contact('192.0.2.2', 'tcp/9000', 3),
    contact('192.0.2.9', 'udp/123', 2),
  ]
  assert.deepEqual(brief(rows(records)), [
    'alpha 192.0.2.9 udp/123 1 2 audit',
    'alpha a.example tcp/443 1 5 audit',
    'alpha late.example tcp/9000 1 3 audit',
  ])
  const [direct, named] = rows(records)
  assert.deepEqual([direct!.kind, direct!.system, direct!.domain], ['address', 'time', null])
  assert.deepEqual([named!.kind, named!.system, named!.domain, named!.addresses], ['name', null, 'a.example', ['192.0.2.1']])
})

test('figures go on over a restart, after which packets are counted from zero, and where the kernel forgot connections', () => {
  const grown = [contact('192.0.2.1', 'tcp/443', 5), contact('192.0.2.1', 'tcp/443', 9), contact('192.0.2.1', 'tcp/443', 9)]
  assert.deepEqual(brief(rows(grown)), ['alpha 192.0.2.1 tcp/443 1 9 audit'])
  assert.equal(rows(grown)[0]!.lastSeen, '2026-01-01T12:01:00.000Z')
  const restarted = [...grown, contact('192.0.2.1', 'tcp/443', 0), contact('192.0.2.1', 'tcp/443', 4)]
  assert.deepEqual(brief(rows(restarted)), ['alpha 192.0.2.1 tcp/443 1 13 audit'])
  const forgotten = [3, 1, 2].map((connections) => contact('192.0.2.1', 'tcp/443', 9, { connections }))
  assert.deepEqual(brief(rows(forgotten)), ['alpha 192.0.2.1 tcp/443 5 9 audit'])
  const anew = [...grown, contact('192.0.2.1', 'tcp/443', 20, { anew: true })]
  assert.deepEqual(brief(rows(anew)), ['alpha 192.0.2.1 tcp/443 2 29 audit'])
})

test('a run goes from a start to a stop, and over a crash', () => {
  const start = (after: 'nothing' | 'crash' | 'stop'): JournalRecord => ({ event: 'start', version: 1, pid: 1, after })
  const asked = decision('a.example', { addresses: ['192.0.2.1'] })
  const [row] = rows([start('nothing'), asked, start('crash'), decision('b.example'), start('stop'), asked])
  assert.deepEqual([row!.destination, row!.runs], ['a.example', [1, 2]])
  assert.deepEqual(rows([start('nothing'), asked, start('crash'), asked])[0]!.runs, [1])
})

test('where the kernel does not count what flows carry it is unknown, and the contact is there with its connections', () => {
  const uncounted = { packets: null, octets: null } as const
  const [row] = rows([1, 4].map((connections) => contact('192.0.2.1', 'tcp/443', 0, { connections, ...uncounted })))
  assert.deepEqual([row!.connections, row!.packets, row!.bytes, row!.lastSeen], [4, null, null, '2026-01-01T12:01:00.000Z'])
  assert.match(toTable([row!], 'client')[2]!, /tcp\/443 .* 4 +unknown /)
  assert.match(toCsv([row!]), /,tcp,443,.*,0,4,,,audit,/)
})

test('a span counts what was contacted in it, and not what the kernel had counted before', () => {
  const records = [contact('192.0.2.1', 'tcp/443', 5), contact('192.0.2.2', 'tcp/443', 5), contact('192.0.2.1', 'tcp/443', 9)]
  const [row, ...others] = rows(records, { since: NOON + 90_000 })
  assert.deepEqual(others, [])
  assert.deepEqual([row!.packets, row!.firstSeen], [4, '2026-01-01T12:02:00.000Z'])
  assert.deepEqual(brief(rows(records, { until: NOON + 30_000 })), ['alpha 192.0.2.1 tcp/443 1 5 audit'])
})

test('what was refused is apart from what passed, and says why', () => {
  const rule = { file: '/z/app.zone', line: 3 }
  const allowed = decision('a.example', { verdict: 'allow', reason: undefined as never, rules: [rule], addresses: ['192.0.2.1'] })
  const all = rows([
    allowed,
    contact('192.0.2.1', 'tcp/443', 5, { verdict: 'allow', rules: [rule], names: ['a.example' as never] }),
    contact('192.0.2.1', 'tcp/22', 1, { verdict: 'deny', names: ['a.example' as never] }),
    contact('192.0.2.7', 'tcp/22', 1, { verdict: 'deny' }),
    decision('never.example', { verdict: 'deny' }),
  ])
  assert.deepEqual(
    all.map(({ destination, port, verdict, reason, rules }) => [destination, port, verdict, reason, rules.join()]),
    [
      ['192.0.2.7', 22, 'deny', 'no-rule', ''],
      ['a.example', 22, 'deny', 'port', ''],
      ['a.example', 443, 'allow', null, '/z/app.zone:3'],
      ['never.example', null, 'deny', 'no-rule', ''],
    ],
  )
})

test('types that are refused say nothing against a name that is answered', () => {
  const records = [decision('a.example', { type: 'HTTPS', verdict: 'deny', reason: 'type' }), decision('a.example')]
  for (const order of [records, records.toReversed()]) {
    const [row] = rows([...order, { ...(decision('a.example') as object), event: 'asked', count: 5 } as JournalRecord])
    assert.deepEqual([row!.verdict, row!.lookups], ['audit', 7])
  }
})

test('names at one address share what was counted, and each row says with whom', () => {
  const names = ['a.example', 'b.example'] as never
  const all = rows([decision('a.example'), decision('b.example'), contact('192.0.2.1', 'tcp/443', 5, { names })])
  assert.deepEqual(
    all.map(({ destination, packets, shared }) => [destination, packets, shared.join()]),
    [
      ['a.example', 5, 'b.example'],
      ['b.example', 5, 'a.example'],
    ],
  )
})

test('more names at one address than a contact can name are all of it', () => {
  const many = Array.from({ length: 10 }, (_, index) => `n${index}.example`)
  const names = many.slice(0, 8) as never
  const all = rows([...many.map((name) => decision(name, { addresses: ['192.0.2.1'] })), contact('192.0.2.1', 'tcp/443', 5, { names })])
  assert.deepEqual(
    all.map(({ destination, port }) => `${destination} ${port}`),
    many.map((name) => `${name} 443`),
  )
})

test('with one client, whatever it asks from is that client', () => {
  const records = [
    decision('a.example', { client: '::1', addresses: ['192.0.2.1'] }),
    contact('192.0.2.1', 'tcp/443', 2, { client: '127.0.0.1' }),
  ]
  assert.deepEqual(brief(rows(records, { oneClient: true })), ['host a.example tcp/443 1 2 audit'])
})

test('what finds no room is counted, and a flood of denied names takes none from those that are answered', () => {
  const catalogue = createCatalogue()
  const take = (record: JournalRecord) => catalogue.take({ stream: 'resolver', time: NOON, record })
  for (let index = 0; index < 200_010; index++) take(decision(`n${index}.example`, { verdict: 'deny' }))
  take(decision('a.example'))
  assert.equal(catalogue.unlisted, 10)
  assert.equal([...catalogue.lookups].at(-1)!.name, 'a.example')
})

test('the list of what machines contact by themselves: names, wildcards, ports; a bad line is named', () => {
  const word = (destination: string, port?: number) =>
    LIST({ destination, port: port === undefined ? undefined : { protocol: 'udp', port } })
  assert.deepEqual(
    [word('deb.debian.org'), word('x.deb.debian.org'), word('a.npm.example'), word('npm.example')],
    ['updates', undefined, 'packages', undefined],
  )
  assert.deepEqual([word('a.example', 123), word('192.0.2.1', 123), word('a.example', 124)], ['time', 'time', undefined])
  assert.throws(() => parseSystemList('# list\ntime *', 'f.list'), /f\.list:2: "\*" needs ports/)
  assert.throws(() => parseSystemList('updates https://a.example/', 'f.list'), /f\.list:1: .*write "a\.example"/)
  assert.throws(() => parseSystemList('a.example', 'f.list'), /f\.list:1: expected "WORD DESTINATION/)
})
