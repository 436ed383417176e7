import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createObserver } from '../../src/daemon/observer.ts'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import type { JournalRecord } from '../../src/journal/record.ts'
import type { Logger } from '../../src/log.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import { policyOf, START } from '../resolver/world.ts'

const policy = policyOf(['example.org'])
const [flooder, neighbour] = ['10.0.0.1', '10.0.0.2'].map((source) => policy.clientAt(parseAddress(source)!)) as [Client, Client]
type Client = ReturnType<typeof policy.clientAt>

function setUp() {
  const clock = { now: 0 }
  const lines: string[] = []
  const records: JournalRecord[] = []
  const note = (fields: Record<string, unknown>, text: string) => lines.push(`${text}: ${fields.client ?? fields.name}`)
  const observer = createObserver({
    log: { info: note, warn: note } as unknown as Logger,
    upstream: { isLoopProbe: () => false },
    journal: { write: (record) => records.push(record) },
    budget: { names: 1000, octets: 65_536, enforce: false },
    now: () => clock.now,
  })
  const deny = (client: Client, name: string) =>
    observer.onDenied(client, parseName(name), TYPE.A, decideName(client.view, parseName(name), START))
  const screen = (client: Client, index: number) =>
    observer.onScreened(client, parseName('example.org'), parseAddress(`10.1.${index >> 8}.${index & 255}`)!, 'special-purpose')
  return { clock, lines, records, observer, deny, screen }
}

test('a name that leads to thousands of addresses that may not be opened fills neither log nor decision log, and its neighbours’ are told', () => {
  const { clock, lines, records, screen } = setUp()
  for (let index = 0; index < 4000; index++) screen(flooder, index)
  assert.deepEqual([lines.length, records.length], [301, 300])
  assert.match(lines.at(-1)!, /^this is too much .*: 10\.0\.0\.1$/)
  screen(neighbour, 1)
  assert.deepEqual([lines.length, records.length], [302, 301])
  clock.now += 60_000
  screen(flooder, 1)
  const [unrecorded, last] = records.slice(301)
  assert.deepEqual([unrecorded, last?.event], [{ event: 'unrecorded', client: '10.0.0.1', screened: 3700 }, 'screened'])
})

test('whoever asks for denied names without end hides no address that is taken out of an answer', () => {
  const { records, deny, screen } = setUp()
  for (let index = 0; index < 4000; index++) deny(flooder, `n${index}.example`)
  screen(flooder, 1)
  assert.deepEqual(
    records.map(({ event }) => event),
    ['screened'],
  )
})

test('what was left out is counted when the minute is over, though nobody asks any more, and at the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { lines, records, observer, deny, screen } = setUp()
  for (let index = 0; index < 400; index++) deny(flooder, `n${index}.example`)
  t.mock.timers.tick(60_000)
  assert.equal(lines.at(-1), 'was too much to be logged one by one: 10.0.0.1')
  for (let index = 0; index < 400; index++) screen(flooder, index)
  observer.close()
  assert.deepEqual([records.length, records.at(-1)!.event], [301, 'unrecorded'])
})

test('nor does one that asks for names without end that are denied, or that no upstream answers', () => {
  const { lines, observer, deny } = setUp()
  for (let index = 0; index < 4000; index++) deny(flooder, `n${index}.example`)
  assert.equal(lines.length, 301)
  deny(neighbour, 'n1.example')
  assert.equal(lines.at(-1), 'denied: 10.0.0.2')
  for (let index = 0; index < 4000; index++)
    observer.onForwardFailure({ name: parseName(`n${index}.example.org`), type: TYPE.A, dnssecOk: false }, new Error('timeout'))
  assert.equal(lines.length, 603)
})

test('forged sources without end have the allowance of thousands', () => {
  const { lines, deny } = setUp()
  const clients = Array.from({ length: 10_000 }, (_, index) => policy.clientAt(parseAddress(`10.3.${index >> 8}.${index & 255}`)!))
  for (const client of clients) deny(client, 'n.example')
  assert.equal(lines.length, 4096 + 301)
})
