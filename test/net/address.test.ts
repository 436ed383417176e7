import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { addressFromValue, addressValue, decodeAddress, encodeAddress, familyOf, parseAddress } from '../../src/net/address.ts'

const CANONICAL: readonly (readonly [string, string])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::ffff:c000:201', '::ffff:192.0.2.1'],
  ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
  ['::192.0.2.1', '::c000:201'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
]

for (const [text, canonical] of CANONICAL) {
  test(`${text} is the address ${canonical}`, () => {
    assert.equal(parseAddress(text), canonical)
    assert.equal(parseAddress(canonical), canonical)
  })
}

const NO_ADDRESSES = [
  '', '1.2.3', '1.2.3.4.5', '256.0.0.1', '010.0.0.1', '1.2.3.04', '0x7f.0.0.1', '2130706433', ' 1.2.3.4', '1.2.3.4.', '1.2.3.4/32',
  ':::', '1::2::3', 'fe80::1%eth0', '[::1]', '::1.2.3', '::ffff:01.2.3.4', '::ffff:256.1.1.1', '12345::', 'example.org', 'g::1', '1:2:3:4:5:6:7',
] // biome-ignore format: a list

test('what is no address is undefined: short, octal, hexadecimal, zoned, bracketed or torn', () => {
  for (const text of NO_ADDRESSES) assert.equal(parseAddress(text), undefined, text)
})

test('IPv4-mapped addresses stay IPv6', () => {
  assert.equal(familyOf(parseAddress('::ffff:192.0.2.1')!), 6)
  assert.equal(familyOf(parseAddress('192.0.2.1')!), 4)
})

test('octets are in network order, at any offset', () => {
  assert.deepEqual([...encodeAddress(parseAddress('203.0.113.255')!)], [203, 0, 113, 255])
  assert.equal(decodeAddress(Uint8Array.of(9, 203, 0, 113, 255), 1, 4), '203.0.113.255')
  assert.equal(addressValue(parseAddress('2001:db8::1')!), 0x20010db8_00000000_00000000_00000001n)
})

test('octets, values and text of an address agree', () => {
  const octets = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  fc.assert(
    fc.property(octets, (bytes) => {
      const family = bytes.length === 4 ? 4 : 6
      const address = decodeAddress(bytes, 0, family)
      assert.equal(isIP(address), family)
      assert.equal(parseAddress(address), address)
      assert.deepEqual([...encodeAddress(address)], [...bytes])
      assert.equal(addressFromValue(addressValue(address), family), address)
    }),
  )
})

test('IPv6 text is what ipaddr.js writes, zeros of any number and place included', () => {
  const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }))
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const octets = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 255]))
      const witness = ipaddr.fromByteArray([...octets]) as ipaddr.IPv6
      const text = decodeAddress(octets, 0, 6)
      assert.equal(text, witness.isIPv4MappedAddress() ? `::ffff:${witness.toIPv4Address()}` : witness.toRFC5952String())
      assert.deepEqual([...encodeAddress(text)], [...octets])
      assert.equal(parseAddress(witness.toNormalizedString()), text)
    }),
  )
})
