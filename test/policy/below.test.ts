import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import { policyOf, START } from '../resolver/world.ts'

const DAY_MS = 86_400_000

/** What the denied apex gets when it is asked for at each moment, one after the other. */
function rcodesOf(entries: readonly string[], moments: readonly number[]) {
  const { view } = policyOf(entries).clientAt(parseAddress('198.51.100.7')!)
  return moments.map((now) => {
    const verdict = decideName(view, parseName('apex.example'), now)
    assert.ok(verdict.kind === 'deny')
    return verdict.rcode
  })
}

const many = (options: string) => Array.from({ length: 200 }, (_, index) => `!n${index}.apex.example${options}`)

test('a denied name is NODATA while there are allowed names below it, and NXDOMAIN from the moment when the last expires (RFC 8020)', () => {
  const until = ` until=${START + DAY_MS}`
  const moments = [START, START + DAY_MS - 1, START + DAY_MS]
  for (const others of [[], many('')])
    assert.deepEqual(rcodesOf([`deep.under.apex.example${until}`, ...others], moments), ['NODATA', 'NODATA', 'NXDOMAIN'])
})

test('what a deny keeps closed below a name counts from the moment when the deny expires', () => {
  const denied = ['*.under.apex.example', `!*.under.apex.example until=${START + DAY_MS}`, ...many('')]
  assert.deepEqual(rcodesOf(denied, [START, START + DAY_MS]), ['NXDOMAIN', 'NODATA'])
})
