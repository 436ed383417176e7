// Clients that are known by their interface.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts'
import type { ClientEntry } from '../../src/policy/client.ts'
import { bindInterfaces } from '../../src/policy/interface.ts'

/** "10.77.0.2" and "10.77.0.0/24" are addresses, all else interfaces. */
function entry(name: string, ...parts: readonly string[]): ClientEntry {
  return {
    name,
    prefixes: parts.flatMap((part) => parsePrefix(part) ?? []),
    interfaces: parts.filter((part) => parsePrefix(part) === undefined),
  }
}

const ROUTES = [
  ['10.77.1.0/24', 'veth1'],
  ['fd77:1::2', 'veth1'],
  ['10.77.2.0/24', 'veth2'],
].map(([prefix, interfaceName]) => ({ table: 254, prefix: parsePrefix(prefix!)!, interfaceName: interfaceName!, metric: 0 }))

function bind(...entries: readonly ClientEntry[]) {
  const { clients, displaced } = bindInterfaces(entries, () => ROUTES)
  return {
    clients: Object.fromEntries(clients.map(({ name, prefixes }) => [name, prefixes.map(formatPrefix).join(' ')])),
    displaced: displaced.map(({ client, prefix, by }) => `${client} ${formatPrefix(prefix)} ${by}`),
  }
}

test('an interface stands for what is routed to it, beside the addresses that are listed', () => {
  assert.deepEqual(bind(entry('one', 'veth1', '10.77.9.9'), entry('absent', 'veth9')), {
    clients: { one: '10.77.1.0/24 10.77.9.9 fd77:1::2', absent: '' },
    displaced: [],
  })
})

test('whoever names an interface comes before a pattern, and a longer pattern before a shorter', () => {
  const { clients } = bind(entry('all', 'veth*'), entry('one', 'veth1'))
  assert.deepEqual(clients, { all: '10.77.2.0/24', one: '10.77.1.0/24 fd77:1::2' })
  assert.deepEqual(bind(entry('all', 've*'), entry('most', 'veth*')).clients, { all: '', most: '10.77.1.0/24 10.77.2.0/24 fd77:1::2' })
})

test('an address behind the interface of another is the other’s: whoever is there can take it', () => {
  assert.deepEqual(bind(entry('one', 'veth1'), entry('thief', '10.77.1.7', '10.77.8.0/24'), entry('wide', '10.77.0.0/16')), {
    clients: { one: '10.77.1.0/24 fd77:1::2', thief: '10.77.8.0/24', wide: '10.77.0.0/16' },
    displaced: ['thief 10.77.1.7 one'],
  })
})

test('without a client that is known by its interface no route is read', () => {
  const entries = [{ name: 'one', prefixes: [parsePrefix('10.77.1.2')!] }]
  const { clients } = bindInterfaces(entries, () => assert.fail('routes were read'))
  assert.equal(clients, entries)
})
