// A policy that follows another takes over what has not changed: whoever is not concerned keeps the very same view, and nobody is judged
// otherwise than by a policy that was built from nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { decideAddress, decideName } from '../../src/policy/decide.ts'
import { buildPolicy, type Policy, type PolicyInput } from '../../src/policy/policy.ts'
import { staticSegments } from '../../src/policy/static.ts'
import { parseZone } from '../../src/zones/parse.ts'
import { createRandom } from '../support/random.ts'

const CLIENTS = ['one', 'two', 'three'].map((name, index) => ({ name, prefixes: [parsePrefix(`10.77.${index}.2`)!] }))
const SETTINGS: Omit<PolicyInput, 'files'> = { clients: CLIENTS, guard: 'forward', audit: false, neverOpen: [] }
const viewOf = (policy: Policy, index: number) => policy.clientAt(parseAddress(`10.77.${index}.2`)!).view

function zone(file: string, text: string) {
  return parseZone(text, { file, tier: undefined }).zone!
}

const BASE = zone('base.zone', '$TIER base\ncommon.example\n')
const ONE = zone('one.zone', '$CLIENTS one\na.example\n')
const TWO = zone('two.zone', '$CLIENTS two\nb.example\n')

test('a file that changes gives its clients another view, and nobody else', () => {
  const before = buildPolicy({ ...SETTINGS, files: [BASE, ONE, TWO] })
  const views = [0, 1, 2].map((index) => viewOf(before, index))
  const after = buildPolicy({ ...SETTINGS, files: [BASE, zone('one.zone', '$CLIENTS one\nc.example\n'), TWO] }, before)
  const kept = [0, 1, 2].map((index) => viewOf(after, index) === views[index])
  assert.deepEqual(kept, [false, true, true])
  assert.equal(decideName(viewOf(after, 0), parseName('c.example'), 0).kind, 'allow')
})

test('a client that joins with zones of its own changes nobody else, and settings change everybody', () => {
  const before = buildPolicy({ ...SETTINGS, files: [BASE, ONE] })
  const view = viewOf(before, 0)
  const joined = { name: 'four', prefixes: [parsePrefix('10.77.3.2')!] }
  const files = [BASE, ONE, zone('four.client', '$CLIENTS four\nd.example\n')]
  const after = buildPolicy({ ...SETTINGS, clients: [...CLIENTS, joined], files }, before)
  assert.equal(viewOf(after, 0), view)
  assert.equal(decideName(viewOf(after, 3), parseName('d.example'), 0).kind, 'allow')
  assert.notEqual(viewOf(buildPolicy({ ...SETTINGS, audit: true, files: [BASE, ONE] }, before), 0), view)
})

const NAMES = ['a.example', 'b.a.example', 'c.example', 'x.c.example', 'common.example'].map(parseName)
const ADDRESSES = ['203.0.113.1', '203.0.113.200', '198.51.100.1'].map((text) => parseAddress(text)!)
const LINES = [
  'a.example',
  '*.a.example 443',
  '!b.a.example',
  '*.c.example',
  'c.example 22',
  '203.0.113.0/25',
  '!203.0.113.1',
  '198.51.100.1 any',
]
const HEADS = ['', '$CLIENTS one\n', '$CLIENTS one two\n', '$CLIENTS 10.77.2.0/24\n', '$TIER base\n', '$CLIENTS three\n$MODE audit\n']

test('two hundred changes in a row decide as if each policy had been built from nothing', () => {
  const random = createRandom(20_261_125)
  const texts = new Map<string, string>()
  let policy: Policy | undefined
  for (let round = 0; round < 200; round++) {
    const file = `${random.below(6)}.zone`
    const entries = Array.from({ length: 1 + random.below(4) }, () => random.pick(LINES))
    if (random.below(4) === 0) texts.delete(file)
    else texts.set(file, `${random.pick(HEADS)}${entries.join('\n')}`)
    const files = [...texts].sort().map(([name, text]) => zone(name, text))
    const fresh = buildPolicy({ ...SETTINGS, files })
    policy = buildPolicy({ ...SETTINGS, files }, policy)
    assertAlike(policy, fresh)
  }
})

function assertAlike(policy: Policy, fresh: Policy): void {
  assert.deepEqual([policy.revision, policy.ruleCount], [fresh.revision, fresh.ruleCount])
  for (const index of [0, 1, 2, 3]) {
    const [view, expected] = [viewOf(policy, index), viewOf(fresh, index)]
    for (const name of NAMES) assert.deepEqual(decideName(view, name, 0), decideName(expected, name, 0))
    for (const address of ADDRESSES) assert.deepEqual(decideAddress(view, address, 0), decideAddress(expected, address, 0))
  }
  assert.deepEqual(staticSegments(policy, 0), staticSegments(fresh, 0))
}
