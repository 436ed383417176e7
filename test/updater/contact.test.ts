// What was contacted is read while sandboxes go on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/net/address.ts'
import { denyAll } from '../../src/policy/policy.ts'
import { type Contacting, readContacts } from '../../src/updater/contact.ts'
import { createFarewell } from '../../src/updater/farewell.ts'
import type { Recorded } from '../../src/updater/ruleset/record.ts'

const recordOf = (address: string): Recorded => ({
  client: parseAddress('10.77.0.2')!,
  destination: parseAddress(address)!,
  ...{ protocol: 'tcp', port: 443, packets: 1, octets: 60, lastSeenAgoMs: 0 },
})
const [first, second] = [recordOf('192.0.2.1'), recordOf('192.0.2.2')]

test('a reading that tells one record twice, as of a set that grows, has left another out perhaps, and is done again', async () => {
  const readings = [
    [[first], [first]],
    [[first], [second]],
  ]
  const policy = denyAll({ clients: [], guard: 'forward', audit: false, neverOpen: [] })
  const { contacts } = await readContacts({
    firewall: { records: (kind) => (kind === 'begun' ? (readings.shift() ?? []) : []) },
    farewell: createFarewell<Contacting>({ now: () => 0, drop: () => true }),
    ...{ volumes: undefined, policy: () => policy, grants: () => [], former: () => [], wall: () => 0, now: () => 0 },
  })
  assert.deepEqual(
    contacts.map(({ address, connections }) => [address, connections]),
    [first, second].map(({ destination }) => [destination, 1]),
  )
})
