import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/net/address.ts'
import { createAskers } from '../../src/resolver/asker.ts'
import { createVerdictCounts } from '../../src/resolver/counters.ts'
import { policyOf } from './world.ts'

const [ONE, OTHER, REFUSED] = ['198.51.100.7', '2001:db8::7', '198.51.100.9']

test('each source is the client that the policy in force has there, whoever has asked last', () => {
  let policy = policyOf(['example.org'])
  const askerOf = createAskers({
    parse: parseAddress,
    policy: () => policy,
    admits: (source) => source !== REFUSED,
    countsOf: createVerdictCounts,
  })
  for (const next of ['example.com', 'example.net']) {
    // Who is the first to be admitted by one policy was the last under the one before.
    for (const source of [REFUSED, ONE, OTHER, OTHER, ONE, REFUSED, ONE]) {
      const expected = source === REFUSED ? undefined : { client: policy.clientAt(parseAddress(source)!), source }
      assert.equal(askerOf(source)?.client, expected?.client)
      assert.equal(askerOf(source)?.source, expected?.source)
    }
    policy = policyOf([next])
  }
})
