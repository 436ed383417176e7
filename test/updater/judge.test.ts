// What a request is entitled to, and for how long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { LeaseBook } from '../../src/updater/book.ts'
import { type Bench, judgeRequest } from '../../src/updater/judge.ts'
import { policyOf } from '../resolver/world.ts'
import { LIMITS } from '../support/updater-options.ts'

const CLIENT = '10.77.0.2'

test('use keeps an address open up to an hour after DNS named it last, which an answer beyond its time does not count for', () => {
  const book = new LeaseBook(0)
  const holder = { clientId: 'sandbox', source: parseAddress(CLIENT)!, name: parseName('example.org'), address: parseAddress('192.0.2.1')! }
  const bench: Bench = {
    policy: policyOf(['example.org']),
    limits: {
      leastTtlSeconds: 60,
      marginSeconds: 60,
      longestLeaseSeconds: 86_400,
      confirmedSeconds: 3600,
      mostLeases: 9,
      leasesPerClient: 9,
      addressesPerName: 9,
      flowsPerClient: 0,
      dnsFlowsPerSecond: 0,
    },
    specify: () => [],
  }
  const request = {
    id: 1,
    revision: bench.policy.revision,
    client: holder.source,
    name: holder.name,
    addresses: [holder.address],
    ttlSeconds: 30,
  }
  for (const [stale, now] of [
    [false, 1_000],
    [true, 9_000],
  ] as const) {
    const judgement = judgeRequest(bench, { ...request, stale }, 0, now)
    assert.equal(judgement.kind, 'accepted')
    for (const opening of judgement.openings) book.grant(opening)
  }
  const [grant] = book.grants()
  assert.deepEqual([grant!.until, grant!.confirmedUntil], [129_000, 3_601_000])
})

test('a request that was judged by another revision is refused, and while zone files are broken judged by the policy of here', () => {
  const bench: Bench = { policy: policyOf(['kept.example']), limits: LIMITS, specify: () => [] }
  const request = (name: string) => ({
    ...{ id: 1, revision: '0123456789abcdef', client: parseAddress(CLIENT)!, name: parseName(name) },
    ...{ addresses: [parseAddress('192.0.2.1')!], ttlSeconds: 30, stale: false },
  })
  const verdict = (current: Bench, name: string) => {
    const judgement = judgeRequest(current, request(name), 0, 0)
    return judgement.kind === 'refused' ? judgement.reason : judgement.kind
  }
  assert.equal(verdict(bench, 'kept.example'), 'revision')
  const broken = { ...bench, areFilesBroken: true }
  assert.deepEqual([verdict(broken, 'kept.example'), verdict(broken, 'gone.example')], ['accepted', 'policy'])
})
