import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import type { ClientEntry, Guard } from '../../src/policy/client.ts'
import { policyOf } from '../resolver/world.ts'

function entry(name: string, ...prefixes: readonly string[]): ClientEntry {
  return { name, prefixes: prefixes.map((text) => parsePrefix(text)!) }
}

const CLIENTS = [
  entry('pair', '10.77.0.2', 'fd77::2'),
  entry('net', '10.77.1.0/24', '10.77.1.1', 'fd77::1:1'),
  entry('late', '10.77.0.2'),
  entry('v4', '10.77.3.1'),
]

/** Who asks from there: id, payer, addresses and families. */
function clientAt(source: string, guard: Guard = 'forward') {
  const { id, payer, addresses, families } = policyOf([], { clients: CLIENTS, guard }).clientAt(parseAddress(source)!)
  return [id, payer, addresses.join(' '), `${families.ipv4 ? 4 : ''}${families.ipv6 ? 6 : ''}`]
}

test('a client is opened for at all its single addresses, whichever it asks from', () => {
  assert.deepEqual(clientAt('10.77.0.2'), ['pair', 'pair', '10.77.0.2 fd77::2', '46'])
  assert.deepEqual(clientAt('fd77::2'), ['pair', 'pair', '10.77.0.2 fd77::2', '46'])
  assert.deepEqual(clientAt('10.77.3.1'), ['v4', 'v4', '10.77.3.1', '4'])
})

test('whoever asks from within a prefix of a client is opened for there, and at no address of its neighbours', () => {
  assert.deepEqual(clientAt('10.77.1.9'), ['net', 'net', '10.77.1.9', '4'])
  assert.deepEqual(clientAt('10.77.1.1'), ['net', 'net', '10.77.1.1 fd77::1:1', '46'])
})

test('without a name a client is its address, and pays with its network of IPv6', () => {
  assert.deepEqual(clientAt('192.0.2.7'), ['192.0.2.7', '192.0.2.7', '192.0.2.7', '4'])
  assert.deepEqual(clientAt('2001:db8::7'), ['2001:db8::7', '2001:db8::/64', '2001:db8::7', '6'])
})

test('nothing is opened for a link-local address: what comes from there is forwarded nowhere', () => {
  assert.deepEqual(clientAt('fe80::7'), ['fe80::7', 'fe80::/64', '', ''])
})

test('the gateway itself and guards that tell no clients apart open for everybody, in both families', () => {
  assert.deepEqual(clientAt('127.0.0.1'), ['host', 'host', '', '46'])
  assert.deepEqual(clientAt('10.77.0.2', 'none'), ['pair', 'pair', '', '46'])
  assert.deepEqual(clientAt('192.0.2.7', 'output'), ['192.0.2.7', 'host', '', '46'])
})
