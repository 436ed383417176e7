import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { openRouteLookup } from '../../src/linux/route-lookup.ts'
import { parseAddress } from '../../src/net/address.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()

function ip(command: string): void {
  execFileSync('ip', command.split(' '))
}

test('the interface towards an address is that of the longest route; own addresses lead to lo, and no route leads nowhere', (t) => {
  ip('link add sbx1 type veth peer name wan0')
  for (const name of ['sbx1', 'wan0']) ip(`link set ${name} up`)
  ip('link set lo up')
  ip('address add 10.77.1.1/24 dev sbx1')
  ip('address add fd77:1::1/64 dev sbx1 nodad')
  ip('route add 10.77.1.128/25 dev wan0')
  ip('route add unreachable 203.0.113.0/24')
  const lookup = openRouteLookup()
  t.after(() => lookup.close())
  const interfaceTo = (text: string) => lookup.interfaceTo(parseAddress(text)!)
  assert.deepEqual(['10.77.1.2', 'fd77:1::2', '10.77.1.200'].map(interfaceTo), ['sbx1', 'sbx1', 'wan0'])
  assert.deepEqual(['10.77.1.1', '127.0.0.1', '::1', 'fd77:1::1'].map(interfaceTo), ['lo', 'lo', 'lo', 'lo'])
  assert.deepEqual(['192.0.2.1', '203.0.113.1', '2001:db8::1'].map(interfaceTo), [undefined, undefined, undefined])
  ip('route add default via 10.77.1.9')
  assert.equal(interfaceTo('192.0.2.1'), 'sbx1')
})
