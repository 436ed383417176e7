import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADDRESS_BITS, type Address, addressFromValue, addressValue, type Family } from '../../src/net/address.ts'
import { containsAddress, formatPrefix, type Prefix, parsePrefix } from '../../src/net/prefix.ts'
import { prefixIndexSteps, rulesAround } from '../../src/policy/prefix-index.ts'
import type { PrefixRule } from '../../src/policy/rule.ts'
import { runToEnd } from '../../src/policy/steps.ts'
import { createRandom } from '../support/random.ts'

const random = createRandom(20_261_126)

const ruleOf = (prefix: Prefix, line: number): PrefixRule => ({
  ...{ kind: 'allow', ports: [], private: false, until: undefined, tier: 'app', text: formatPrefix(prefix), prefix },
  place: { file: 'a.zone', line },
})

/** Addresses that share most of their leading bits, so that many prefixes are around each. */
function randomAddress(family: Family): Address {
  const bits = ADDRESS_BITS[family]
  const value = addressValue(family === 4 ? ('10.77.0.0' as Address) : ('fd77::' as Address))
  return addressFromValue(value ^ (1n << BigInt(random.below(bits))) ^ BigInt(random.below(16)), family)
}

function randomPrefix(family: Family): Prefix {
  const length = random.below(ADDRESS_BITS[family] + 1)
  const hostBits = BigInt(ADDRESS_BITS[family] - length)
  return { family, address: addressFromValue((addressValue(randomAddress(family)) >> hostBits) << hostBits, family), length }
}

test('the entries around an address are those whose prefixes contain it, the longest first, equal ones in the order of the file', () => {
  const families: readonly Family[] = [4, 6]
  for (let round = 0; round < 20; round++) {
    const rules = Array.from({ length: 600 }, (_, line) => ruleOf(randomPrefix(random.pick(families)), line))
    const index = runToEnd(prefixIndexSteps(rules))
    for (let asked = 0; asked < 200; asked++) {
      const address = randomAddress(random.pick(families))
      const around = rules.filter(({ prefix }) => containsAddress(prefix, address))
      const expected = around.toSorted((one, other) => other.prefix.length - one.prefix.length || one.place.line - other.place.line)
      const groups = rulesAround(index, address)
      assert.deepEqual(groups.flat(), expected, address)
      assert.ok(groups.every((group) => new Set(group.map(({ text }) => text)).size === 1))
    }
  }
})

test('where there are no entries of a family nothing is around its addresses', () => {
  const index = runToEnd(prefixIndexSteps([ruleOf(parsePrefix('0.0.0.0/0')!, 1)]))
  assert.equal(rulesAround(index, '192.0.2.1' as Address).length, 1)
  assert.deepEqual(rulesAround(index, '2001:db8::1' as Address), [])
  assert.deepEqual(rulesAround(runToEnd(prefixIndexSteps([])), '192.0.2.1' as Address), [])
})
