import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address } from '../../src/net/address.ts'
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts'
import { parseIpv6Addresses, withoutAddresses } from '../../src/sandbox/own-address.ts'

test('addresses of IPv6 are read as the kernel lists them', () => {
  const text = '00000000000000000000000000000001 01 80 10 80       lo\n20010db80000000000000000000000a1 02 40 00 80     eth0\n'
  assert.deepEqual(parseIpv6Addresses(text).map(formatPrefix), ['::1', '2001:db8::a1'])
})

test('an address that is named is left out, of a whole prefix too', () => {
  const prefixes = ['192.0.2.2', '203.0.113.0/30'].map((text) => parsePrefix(text)!)
  const left = withoutAddresses(prefixes, ['192.0.2.2', '203.0.113.1'] as Address[])
  assert.deepEqual(left.map(formatPrefix), ['203.0.113.2/31', '203.0.113.0'])
})
