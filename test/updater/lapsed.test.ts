// What is remembered of leases that have ended while their flows go on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parsePortRange } from '../../src/net/port.ts'
import { createLapsedGrants } from '../../src/updater/lapsed.ts'
import type { Ended, Target } from '../../src/updater/lease.ts'
import { encodeLeaseKey } from '../../src/updater/ruleset/key.ts'

const SOURCE = parseAddress('10.77.0.2')!
const TARGET: Target = {
  ...{ id: 'set', table: { family: 'inet', name: 'table' }, set: 'set', timeouts: true, commentPrefix: '' },
  encodeKey: encodeLeaseKey,
}

function ended(name: string, address: string, port: string): Ended {
  const destination = parseAddress(address)!
  const specs = [{ target: TARGET, lease: { client: SOURCE, destination, ports: parsePortRange(port)! } }]
  return { clientId: 'sandbox', source: SOURCE, name: parseName(name), address: destination, specs }
}

test('however many names of a wildcard lapse at an address in use, a few are remembered, and each port that was open', () => {
  const lapsed = createLapsedGrants()
  lapsed.add([ended('ssh.example', '192.0.2.1', '22')])
  for (let index = 0; index < 5_000; index++) lapsed.add([ended(`n${index}.example`, '192.0.2.1', '443')])
  const judged: string[] = []
  const gone = lapsed.rejudge(
    ({ name }) => {
      judged.push(name)
      return undefined
    },
    () => true,
  )
  assert.ok(judged.length < 50, `${judged.length}`)
  assert.deepEqual([judged[0], judged.at(-1)], ['ssh.example', 'n4999.example'])
  assert.deepEqual(new Set(gone.map(({ lease }) => lease.ports.first)), new Set([22, 443]))
  assert.equal(lapsed.has(ended('ssh.example', '192.0.2.1', '22').specs[0]!), false)
})

test('when much has lapsed since flows were looked at they are to be looked at again', () => {
  const lapsed = createLapsedGrants()
  const add = (net: number) => {
    for (let host = 0; host < 65_536; host++) lapsed.add([ended('a.example', `192.${net}.${host >> 8}.${host & 255}`, '443')])
  }
  add(1)
  assert.equal(lapsed.isCrowded, false)
  add(2)
  assert.equal(lapsed.isCrowded, true)
  lapsed.prune(new Set([parseAddress('192.1.0.0')!]))
  assert.equal(lapsed.isCrowded, false)
})
