import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Address, addressFromValue, addressValue, parseAddress } from '../../src/net/address.ts'
import { parsePrefix, prefixRange } from '../../src/net/prefix.ts'
import {
  EMBEDDINGS,
  embeddedAddress,
  isMetadata,
  isSpecialPurpose,
  METADATA_ADDRESSES,
  rangesLeadingInto,
  SPECIAL_PREFIXES,
} from '../../src/net/special.ts'

function address(text: string): Address {
  return parseAddress(text)!
}

const SPECIAL = [
  '0.0.0.0', '0.255.255.255', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '169.254.1.1', '172.16.0.1', '172.31.255.255',
  '192.0.0.1', '192.168.255.255', '198.18.0.1', '198.19.255.255', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255',
  '::', '::1', '::192.0.2.1', '100::1', '2001::1', 'fc00::1', 'fdff::1', 'fe80::1', 'febf::1', 'fec0::1', 'ff02::1', '64:ff9b:1::7f00:1',
] // biome-ignore format: a list

const PUBLIC = [
  '1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255', '172.15.255.255',
  '172.32.0.0', '192.0.1.0', '192.167.255.255', '198.17.255.255', '198.20.0.0', '223.255.255.255', '192.0.2.1', '198.51.100.1', '203.0.113.1',
  '2001:db8::1', '2606:4700::1111', '2001:4860:4860::8888', '101::1', '2000::1',
] // biome-ignore format: a list

test('the special-purpose ranges of the registries are special to their last address', () => {
  for (const text of SPECIAL) assert.equal(isSpecialPurpose(address(text)), true, text)
})

test('their neighbours, and the documentation ranges, are not', () => {
  for (const text of PUBLIC) assert.equal(isSpecialPurpose(address(text)), false, text)
})

test('a special-purpose address stays so inside mapped, NAT64 and 6to4 addresses', () => {
  for (const text of ['::ffff:127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:1::10.0.0.1', '2002:7f00:1::', '2002:c0a8:101::5']) {
    assert.equal(isSpecialPurpose(address(text)), true, text)
  }
  for (const text of ['::ffff:1.1.1.1', '64:ff9b::1.1.1.1', '2002:101:101::1']) assert.equal(isSpecialPurpose(address(text)), false, text)
})

test('metadata addresses are known, embedded too', () => {
  for (const metadata of METADATA_ADDRESSES) assert.equal(isMetadata(metadata), true, metadata)
  for (const text of [
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '64:ff9b::168.63.129.16',
  ]) {
    assert.equal(isMetadata(address(text)), true, text)
  }
  for (const text of ['169.254.169.253', '1.1.1.1', '::ffff:1.1.1.1', 'fd00:ec2::253']) assert.equal(isMetadata(address(text)), false, text)
})

test('the embedded address is the IPv4 address that is reached', () => {
  assert.equal(embeddedAddress(address('64:ff9b::192.0.2.33')), '192.0.2.33')
  assert.equal(embeddedAddress(address('2002:c000:221::7')), '192.0.2.33')
  assert.equal(embeddedAddress(address('2001:db8::192.0.2.33')), undefined)
  assert.equal(embeddedAddress(address('192.0.2.33')), undefined)
})

test('the ranges that lead into an IPv4 prefix hold exactly what embeds it', () => {
  const ranges = rangesLeadingInto(parsePrefix('192.0.2.0/24')!, 6)
  const leads = (text: string) =>
    ranges.some(({ first, last }) => first <= addressValue(address(text)) && addressValue(address(text)) <= last)
  assert.equal(ranges.length, 4)
  for (const text of ['::ffff:192.0.2.255', '64:ff9b::192.0.2.0', '64:ff9b:1::192.0.2.9', '2002:c000:2ff:ffff::'])
    assert.equal(leads(text), true, text)
  for (const text of ['::ffff:192.0.3.0', '64:ff9b::192.0.1.255', '2002:c000:300::', '2001:db8::']) assert.equal(leads(text), false, text)
})

test('every address is judged by the ranges as they stand in the registries, those at their borders too', () => {
  const ranges = [...SPECIAL_PREFIXES, ...EMBEDDINGS.map(({ prefix }) => prefix)].filter(({ family }) => family === 6).map(prefixRange)
  const holds = (value: bigint) => ranges.some(({ first, last }) => first <= value && value <= last)
  const borders = ranges
    .flatMap(({ first, last }) => [first - 1n, first, last, last + 1n])
    .filter((value) => value >= 0n && value < 1n << 128n)
  const near = fc.tuple(fc.constantFrom(...borders), fc.bigInt(0n, (1n << 128n) - 1n), fc.nat(128)).map(([border, other, bits]) => {
    const low = (1n << BigInt(bits)) - 1n
    return (border & ~low) | (other & low)
  })
  const check = (value: bigint): void => {
    const one = addressFromValue(value, 6)
    const embedded = embeddedAddress(one)
    const isKnown = isSpecialPurpose(one) || embedded !== undefined
    assert.equal(isKnown, holds(value), one)
    if (embedded !== undefined && isSpecialPurpose(embedded)) assert.ok(isSpecialPurpose(one), one)
  }
  borders.forEach(check)
  fc.assert(fc.property(near, check), { numRuns: 2000 })
})
