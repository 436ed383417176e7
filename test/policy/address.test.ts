import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { decideAddress, decideName, screenAddress } from '../../src/policy/decide.ts'
import { policyOf, START } from '../resolver/world.ts'

const SOURCE = parseAddress('198.51.100.7')!

function viewOf(entries: readonly string[], neverOpen: readonly string[] = []) {
  return policyOf(entries, { neverOpen: neverOpen.map((text) => parsePrefix(text)!) }).clientAt(SOURCE).view
}

/** What each address gets by static entries: 'allow', or the reason of the denial. */
function decided(entries: readonly string[], addresses: readonly string[], neverOpen?: readonly string[]) {
  return addresses.map((address) => {
    const verdict = decideAddress(viewOf(entries, neverOpen), parseAddress(address)!, START)
    return verdict.kind === 'allow' ? 'allow' : verdict.reason
  })
}

/** Why each address of an answer for "name.example" is not opened. */
function screened(entries: readonly string[], addresses: readonly string[], neverOpen?: readonly string[]) {
  const view = viewOf(entries, neverOpen)
  const verdict = decideName(view, parseName('name.example'), START)
  assert.ok(verdict.kind === 'allow')
  return addresses.map((address) => screenAddress(view, verdict, parseAddress(address)!, START))
}

test('the longest prefix speaks, and a deny wins a tie', () => {
  const entries = ['192.0.2.0/24', '!192.0.2.128/25', '192.0.2.130', '198.51.100.1', '!198.51.100.1']
  const addresses = ['192.0.2.1', '192.0.2.129', '192.0.2.130', '198.51.100.1', '203.0.113.1']
  assert.deepEqual(decided(entries, addresses), ['allow', 'deny-rule', 'allow', 'deny-rule', 'no-rule'])
})

test('special-purpose addresses open with "private" only, in whatever form they are written', () => {
  const addresses = ['10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::', 'fd00::1']
  assert.deepEqual(decided(['0.0.0.0/0', '::/0'], addresses), Array(4).fill('special-purpose'))
  assert.deepEqual(decided(['0.0.0.0/0 private', '::/0 private'], addresses), Array(4).fill('allow'))
  assert.deepEqual(screened(['name.example'], addresses), Array(4).fill('special-purpose'))
  assert.deepEqual(screened(['name.example private'], addresses), Array(4).fill(undefined))
})

test('metadata services open to an entry that names the address itself and says "private", and to no name', () => {
  assert.deepEqual(decided(['169.254.0.0/16 private'], ['169.254.169.254']), ['metadata'])
  assert.deepEqual(decided(['169.254.169.254'], ['169.254.169.254']), ['metadata'])
  assert.deepEqual(decided(['169.254.169.254 private'], ['169.254.169.254']), ['allow'])
  assert.deepEqual(screened(['name.example private', '169.254.169.254 private'], ['169.254.169.254', '64:ff9b::a9fe:a9fe']), [
    'metadata',
    'metadata',
  ])
})

test('a deny of an IPv4 address holds for what leads to it through a translator or tunnel', () => {
  const addresses = ['64:ff9b::c000:201', '2002:c000:201::', '64:ff9b::c633:6401', '192.0.2.1']
  assert.deepEqual(decided(['::/0', '0.0.0.0/0', '!192.0.2.0/24'], addresses), ['deny-rule', 'deny-rule', 'allow', 'deny-rule'])
  assert.deepEqual(screened(['name.example', '!192.0.2.0/24'], addresses), ['deny-rule', 'deny-rule', undefined, 'deny-rule'])
})

test('what the settings never open stays closed to entries and to names', () => {
  const addresses = ['192.0.2.1', '64:ff9b::c000:201', '198.51.100.1']
  assert.deepEqual(decided(['0.0.0.0/0', '::/0'], addresses, ['192.0.2.0/24']), ['never-open', 'never-open', 'allow'])
  assert.deepEqual(screened(['name.example private'], addresses, ['192.0.2.0/24']), ['never-open', 'never-open', undefined])
})

test('an entry that has expired is absent, and named where it alone would have allowed', () => {
  const expired = `192.0.2.1 until=${START}`
  assert.deepEqual(decided([expired], ['192.0.2.1']), ['expired'])
  assert.deepEqual(decided([expired, '192.0.2.0/24'], ['192.0.2.1']), ['allow'])
  assert.deepEqual(decided([expired, '!192.0.2.1'], ['192.0.2.1']), ['deny-rule'])
})
