// What is opened when the kernel has lost what was there: everything that it knows, or a part of it.
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import type { OpenRequest } from '../../src/leases/protocol.ts'
import { NetlinkError } from '../../src/linux/error.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import { parsePortRange } from '../../src/net/port.ts'
import { LeaseBook } from '../../src/updater/book.ts'
import { createCounters } from '../../src/updater/counters.ts'
import { createMemoryFirewall } from '../../src/updater/firewall.ts'
import type { ElementSpec, Opening, Target } from '../../src/updater/lease.ts'
import { openRequests } from '../../src/updater/opener.ts'
import { encodeLeaseKey } from '../../src/updater/ruleset/key.ts'
import { policyOf } from '../resolver/world.ts'
import { LIMITS } from '../support/updater-options.ts'

const NOW = 1_000_000
const CLIENT = parseAddress('127.0.0.1')!
const ADDRESS = parseAddress('192.0.2.1')!
const PORTS = parsePortRange('443')!
const TARGET: Target = {
  ...{ id: 'allow4', table: { family: 'inet', name: 'sallyport' }, set: 'allow4', timeouts: true, commentPrefix: '' },
  encodeKey: encodeLeaseKey,
}
const policy = policyOf(['*.example'], { guard: 'output' })

const specFor = (destination: Address): ElementSpec => ({ target: TARGET, lease: { client: undefined, destination, ports: PORTS } })

/** As a restart has found it in the kernel. */
function found(name: string, until: number): Opening {
  const times = { until, freshUntil: 0, confirmedUntil: 0 }
  return { clientId: 'host', payer: 'host', source: CLIENT, name: parseName(name), address: ADDRESS, ...times, specs: [specFor(ADDRESS)] }
}

test('after what was missing has been brought back a batch is met, judged and written by what the book is then', () => {
  const book = new LeaseBook(NOW)
  const steps: string[] = []
  const firewall = {
    ...createMemoryFirewall(),
    write: (writes: Parameters<LeaseBook['record']>[1]) => {
      for (const { until, comment, renew } of writes) steps.push(`write ${until - NOW} ${comment} ${renew}`)
      if (steps.length === 2) throw new NetlinkError('change nf_tables', constants.errno.ENOENT)
    },
  }
  const request: OpenRequest = {
    ...{ id: 1, revision: policy.revision, client: CLIENT, name: parseName('a.example'), addresses: [ADDRESS] },
    ...{ ttlSeconds: 60, stale: false },
  }
  const ports = {
    ...{ book, firewall, counters: createCounters(), displace: () => {}, displacedOf: () => 0 },
    meet: () => void steps.push('meet'),
    restore: () => {
      steps.push('restore')
      book.record(
        [found('found.example', NOW + 900_000)],
        [{ spec: specFor(ADDRESS), until: NOW + 900_000, comment: 'found.example', renew: false }],
      )
      return true
    },
  }
  const bench = { policy, limits: LIMITS, specify: (_client: unknown, address: Address) => [specFor(address)] }
  const [reply] = openRequests(ports, bench, [request], { wall: Date.now(), now: NOW })
  assert.equal(reply?.kind, 'open')
  assert.deepEqual(steps, ['meet', 'write 120000 a.example false', 'restore', 'meet', 'write 900000 found.example a.example true'])
  assert.deepEqual(
    [...book.elements()].map(({ until, comment }) => [until - NOW, comment]),
    [[900_000, 'found.example a.example']],
  )
})
