import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address } from '../../src/net/address.ts'
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts'
import { parseIpv6Addresses, parseLocalTable, withoutAddresses } from '../../src/sandbox/own-address.ts'

/** "ip route add local default dev lo table 100", as transparent proxies have it, and "ip route add local 203.0.113.0/24 dev lo". */
const TABLES = `Id 100:
  +-- 0.0.0.0/0 2 0 2
     |-- 0.0.0.0
        /0 host LOCAL
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/31 1 0 0
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 192.0.2.2
        /32 link BROADCAST
        /32 host LOCAL
     |-- 203.0.113.0
        /24 host LOCAL
`

test('what is local is what the table of local routes says, and no other table', () => {
  assert.deepEqual(parseLocalTable(TABLES).map(formatPrefix), ['127.0.0.0/8', '127.0.0.1', '192.0.2.2', '203.0.113.0/24'])
})

test('addresses of IPv6 are read as the kernel lists them', () => {
  const text = '00000000000000000000000000000001 01 80 10 80       lo\n20010db80000000000000000000000a1 02 40 00 80     eth0\n'
  assert.deepEqual(parseIpv6Addresses(text).map(formatPrefix), ['::1', '2001:db8::a1'])
})

test('an address that is named is left out, of a whole prefix too', () => {
  const prefixes = ['192.0.2.2', '203.0.113.0/30'].map((text) => parsePrefix(text)!)
  const left = withoutAddresses(prefixes, ['192.0.2.2', '203.0.113.1'] as Address[])
  assert.deepEqual(left.map(formatPrefix), ['203.0.113.2/31', '203.0.113.0'])
})
