// Whose flows are counted together.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { denyAll } from '../../src/policy/policy.ts'
import { countCrowds, namedAddresses } from '../../src/updater/crowd.ts'
import { limitOf } from '../../src/updater/ruleset/crowd.ts'

const addressOf = (index: number) => `fd77::${index.toString(16)}` as Address
const policyOf = (count: number) => {
  const prefixes = Array.from({ length: count }, (_, index) => parsePrefix(addressOf(index + 1))!)
  return denyAll({ clients: [{ name: 'crew', prefixes }], guard: 'forward', audit: false, neverOpen: [] })
}

test('of single addresses with a name no more are counted apart than their set has room for, and the others together by /64', () => {
  const policy = policyOf(20_000)
  assert.equal(namedAddresses(policy).length, 16_384)
  const sources = new Map([1, 19_998, 19_999].map((index) => [addressOf(index), 7] as const))
  assert.deepEqual(Object.fromEntries(countCrowds(sources, policy)), { 'fd77::1': 7, 'fd77::/64': 14 })
})

test('few flows are counted exactly, many in short lists, which have together what was asked for and some room for chance', () => {
  assert.deepEqual(
    [1, 40, 255].map(limitOf),
    [1, 40, 255].map((most) => ({ portMask: 0, mostOfEach: most })),
  )
  for (const most of [256, 8192, 32_768]) {
    const { portMask, mostOfEach } = limitOf(most)
    const lists = (portMask >> 1) + 1
    assert.ok(lists * mostOfEach >= most && lists * mostOfEach < 1.4 * most, `${lists} of ${mostOfEach} for ${most}`)
    assert.ok(mostOfEach < 700)
  }
})
