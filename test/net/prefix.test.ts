import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/net/address.ts'
import { containsAddress, formatPrefix, PrefixError, parsePrefix, prefixRange } from '../../src/net/prefix.ts'

test('an address is a prefix of full length and prints as an address', () => {
  assert.deepEqual(parsePrefix('192.0.2.1'), { family: 4, address: '192.0.2.1', length: 32 })
  assert.equal(formatPrefix(parsePrefix('2001:DB8::1/128')!), '2001:db8::1')
  assert.equal(formatPrefix(parsePrefix('10.0.0.0/8')!), '10.0.0.0/8')
  assert.equal(formatPrefix(parsePrefix('::/0')!), '::/0')
})

test('host bits are an error that names the prefix to write', () => {
  assert.throws(() => parsePrefix('10.0.0.1/8'), PrefixError)
  assert.throws(() => parsePrefix('10.0.0.1/8'), /write 10\.0\.0\.0\/8/)
  assert.throws(() => parsePrefix('2001:db8::1/64'), /write 2001:db8::\/64/)
})

test('what is no prefix is undefined', () => {
  for (const text of ['', '/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/index.html', '10/8', 'a/8', '10.0.0.0/8/8']) {
    assert.equal(parsePrefix(text), undefined, text)
  }
})

test('a length that no prefix of the family has, and a netmask, are errors that say so', () => {
  for (const text of ['10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/255.0.0.0'])
    assert.throws(() => parsePrefix(text), /a length from 0 to 32$/, text)
  assert.throws(() => parsePrefix('::/129'), /a length from 0 to 128$/)
})

test('a prefix contains its own addresses and those of no other family', () => {
  const prefix = parsePrefix('192.0.2.128/25')!
  assert.equal(containsAddress(prefix, parseAddress('192.0.2.128')!), true)
  assert.equal(containsAddress(prefix, parseAddress('192.0.2.255')!), true)
  assert.equal(containsAddress(prefix, parseAddress('192.0.2.127')!), false)
  assert.equal(containsAddress(parsePrefix('0.0.0.0/0')!, parseAddress('::1')!), false)
  assert.equal(containsAddress(parsePrefix('::/0')!, parseAddress('::ffff:192.0.2.1')!), true)
})

test('a range spans the first to the last address', () => {
  assert.deepEqual(prefixRange(parsePrefix('10.0.0.0/8')!), { first: 0x0a000000n, last: 0x0affffffn })
  assert.deepEqual(prefixRange(parsePrefix('::/0')!), { first: 0n, last: 2n ** 128n - 1n })
})
