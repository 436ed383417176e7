// RFC 6761: localhost is answered here, whatever zone files say. And what else never leaves.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({ entries: ['localhost', '*.localhost', '*.resolver.arpa'], records: ['localhost. 60 IN A 192.0.2.66'] })
after(() => rig.close())

test('localhost and names below it are loopback in both families, and have no other type', async () => {
  for (const name of ['localhost', 'db.localhost', 'LOCALHOST']) {
    assert.match(await rig.dig(name, 'A'), /IN\s+A\s+127\.0\.0\.1\n/)
    assert.match(await rig.dig(name, 'AAAA'), /IN\s+AAAA\s+::1\n/)
    assert.match(await rig.dig(name, 'MX'), /status: NOERROR.*\n.*ANSWER: 0/)
  }
})

test('nothing of it is forwarded or opened', () => {
  assert.deepEqual([rig.resolver.counters.forwarded, rig.kernel.requests.length], [0, 0])
})

test('.invalid, .onion and .local are denied without asking anybody', async () => {
  for (const name of ['x.invalid', 'x.onion', 'x.local']) assert.match(await rig.dig(name), /status: NXDOMAIN/)
  assert.equal(rig.resolver.counters.forwarded, 0)
})

for (const library of ['glibc', 'musl'] as const)
  test(`${library} finds localhost`, async () => {
    const { outcome, addresses } = await rig.lookUp(library, 'db.localhost')
    assert.deepEqual([outcome, [...addresses].sort()], ['found', ['127.0.0.1', '::1']])
  })
