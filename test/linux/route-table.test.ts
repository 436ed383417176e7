import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { listLocalPrefixes, openRouteTable } from '../../src/linux/route-table.ts'
import { formatPrefix } from '../../src/net/prefix.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()

function ip(...commands: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') })
}

test('routes are read anew when some have changed, and only then', (t) => {
  const table = openRouteTable()
  t.after(() => table.close())
  const routed = () => table.list().map(({ prefix, interfaceName }) => `${formatPrefix(prefix)} ${interfaceName}`)
  ip('link add sbx1 type veth peer name sbx2', 'link set sbx1 up', 'link set sbx2 up')
  assert.deepEqual(routed(), [])
  ip('route add 10.77.0.2/32 dev sbx1', 'route add fd77::2/128 dev sbx1')
  assert.deepEqual(routed(), ['10.77.0.2 sbx1', 'fd77::2 sbx1'])
  assert.equal(table.list(), table.list())
  ip('link set sbx1 down')
  assert.deepEqual(routed(), [])
})

test('more changes than the kernel keeps notices of are noticed', (t) => {
  const table = openRouteTable()
  t.after(() => table.close())
  ip('link add sbx4 type veth peer name sbx5', 'link set sbx4 up')
  table.list()
  const prefixes = Array.from({ length: 1000 }, (_, index) => `10.78.${index >> 8}.${index & 255}/32 dev sbx4`)
  ip(...prefixes.map((each) => `route add ${each}`))
  assert.equal(table.list().length, 1000)
  ip(...prefixes.map((each) => `route del ${each}`))
  assert.deepEqual(table.list(), [])
})

test('what leads nowhere, to several or on to the next table is told as leading nowhere', (t) => {
  const table = openRouteTable()
  t.after(() => table.close())
  ip('link add sbx6 type veth peer name sbx7', 'link set sbx6 up', 'link set sbx7 up', 'route add default dev sbx6 table 100')
  const several = 'nexthop dev sbx6 nexthop dev sbx7'
  ip(...['unreachable 10.79.1.0/24', 'blackhole 10.79.2.0/24', 'prohibit 10.79.3.0/24'].map((each) => `route add ${each} table 100`))
  ip('route add throw 10.79.4.0/24 table 100', `route add 10.79.5.0/24 table 100 ${several}`, 'route add throw fd79::/64 table 100')
  assert.deepEqual(
    table.list().map(({ table: number, prefix, interfaceName }) => `${number} ${formatPrefix(prefix)} ${interfaceName}`),
    ['100 0.0.0.0/0 sbx6', ...[1, 2, 3, 4, 5].map((part) => `100 10.79.${part}.0/24 undefined`), '100 fd79::/64 undefined'],
  )
})

test('what is local is what the table of local routes says, whole prefixes of either family among it, and no other table', () => {
  ip(
    'link set lo up',
    'link add sbx8 type veth peer name sbx9',
    'address add 192.0.2.2/24 dev sbx8',
    'link set sbx8 up',
    'link set sbx9 up',
  )
  ip('route add local 203.0.113.0/24 dev lo', 'route add local 2001:db8:66::/48 dev lo', 'route add local default dev lo table 101')
  const found = listLocalPrefixes().map(formatPrefix)
  for (const prefix of ['127.0.0.0/8', '127.0.0.1', '192.0.2.2', '203.0.113.0/24', '::1', '2001:db8:66::/48'])
    assert.ok(found.includes(prefix), `${prefix} is not in ${found}`)
  assert.ok(!found.some((prefix) => prefix.endsWith('/0')))
})
