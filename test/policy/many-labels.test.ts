// Whoever asks chooses how many labels a name has: a hundred of them must not cost a hundred times as much.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import { NameTable } from '../../src/policy/name-table.ts'
import { policyOf, START } from '../resolver/world.ts'

const ENTRIES = ['*.example.net', `*.example.org until=${START - 1}`, `a.a.deep.example.org until=${START - 1}`, 'deep.example.org']
const LABELS = 'a.'.repeat(110)

for (const [below, outcome] of [
  ['example.net', 'allow'],
  ['example.org', 'expired'],
  ['deep.example.org', 'expired'],
  ['example.com', 'no-rule'],
] as const)
  test(`a name of 110 labels below ${below} is looked up no oftener than one of five, and decided the same: ${outcome}`, (t) => {
    const { view } = policyOf(ENTRIES).clientAt(parseAddress('198.51.100.7')!)
    const { mock } = t.mock.method(NameTable.prototype, 'find')
    const [few, many] = ['a.a.a.a.a.', LABELS].map((labels) => {
      mock.resetCalls()
      const verdict = decideName(view, parseName(labels + below), START)
      assert.equal(verdict.kind === 'allow' ? 'allow' : verdict.reason, outcome)
      return mock.callCount()
    })
    assert.ok(few! > 0)
    assert.equal(many, few)
  })
