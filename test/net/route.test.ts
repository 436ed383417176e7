// Which addresses are behind which interface.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts'
import { prefixesByOwner, type Route } from '../../src/net/route.ts'

/** "10.77.1.0/24 veth1 100 10": prefix, interface or "-", metric, table. */
function route(text: string): Route {
  const [prefix, name, metric = '0', table = '254'] = text.split(' ')
  return { table: Number(table), prefix: parsePrefix(prefix!)!, interfaceName: name === '-' ? undefined : name, metric: Number(metric) }
}

/** Interfaces that begin with "veth" are their own owners, the others nobody's. */
function behind(...routes: readonly string[]): Record<string, string> {
  const owners = prefixesByOwner(routes.map(route), (name) => (name.startsWith('veth') ? name : undefined))
  return Object.fromEntries(owners.entries().map(([owner, prefixes]) => [owner, prefixes.map(formatPrefix).join(' ')]))
}

test('what is routed to an interface is behind it, in both families', () => {
  assert.deepEqual(behind('0.0.0.0/0 eth0', '10.77.1.0/24 veth1', 'fd77:1::/64 veth1', '10.77.2.2/32 veth2'), {
    veth1: '10.77.1.0/24 fd77:1::/64',
    veth2: '10.77.2.2',
  })
})

test('a longer route to elsewhere takes its addresses out, whoever they go to', () => {
  assert.equal(behind('10.77.0.0/30 veth1', '10.77.0.2/32 eth0').veth1, '10.77.0.0/31 10.77.0.3')
  assert.equal(behind('10.77.0.0/30 veth1', '10.77.0.2/32 -').veth1, '10.77.0.0/31 10.77.0.3')
  assert.deepEqual(behind('10.77.0.0/30 veth1', '10.77.0.2/31 veth2', '10.77.0.3/32 veth1'), {
    veth1: '10.77.0.0/31 10.77.0.3',
    veth2: '10.77.0.2',
  })
  const cut = behind('fd77::/64 veth1', 'fd77::8000:0:0:0/65 veth2', 'fd77::8000:0:0:1/128 eth0')
  assert.equal(cut.veth1, 'fd77::/65')
  assert.ok(!cut.veth2!.split(' ').includes('fd77::8000:0:0:1'))
  assert.equal(cut.veth2!.split(' ').length, 63)
})

test('of two routes for one prefix the lower metric counts, and with it one owner', () => {
  assert.deepEqual(behind('10.77.1.0/24 veth1 200', '10.77.1.0/24 veth2 100'), { veth2: '10.77.1.0/24' })
  assert.deepEqual(behind('10.77.1.0/24 veth1 200', '10.77.1.0/24 eth0 100'), {})
})

test('what one table leads there is behind an interface, though others lead it elsewhere; what leads to two owners is nobody’s', () => {
  assert.deepEqual(behind('0.0.0.0/0 eth0', '10.77.1.0/24 veth1 0 10', '0.0.0.0/0 eth1 0 20'), { veth1: '10.77.1.0/24' })
  const contested = behind('10.77.0.0/30 veth1', '10.77.0.2/32 veth2 0 10', '10.77.9.0/24 veth2 0 20')
  assert.deepEqual(contested, { veth1: '10.77.0.0/31 10.77.0.3', veth2: '10.77.9.0/24' })
  assert.deepEqual(behind('fd77:1::/64 veth1 0 10', 'fd77:1::/64 veth2 0 20'), {})
})
