import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANY_PORTS, ECHO } from '../../src/net/port.ts'
import { decodeLeaseKey, encodeLeaseKey, isLearnedSet, leaseSetOf } from '../../src/updater/ruleset/key.ts'
import { addressOf, tcp, udp } from './ruleset-description.ts'

const PLACES = [
  { client: '10.77.1.2', destination: '192.0.2.1', digit: 4 },
  { client: 'fd77::2', destination: '2001:db8::1', digit: 6 },
] as const

test('a lease lives in the set of its ports and family, and is read back from its key under either guard', () => {
  for (const { client, destination, digit } of PLACES) {
    const sets = { [`allow${digit}`]: udp(443), [`any${digit}`]: ANY_PORTS, [`tcp_8000_8100_v${digit}`]: tcp(8000, 8100) }
    for (const [set, ports] of Object.entries(sets)) {
      for (const guard of ['forward', 'output'] as const) {
        const key = { client: guard === 'forward' ? addressOf(client) : undefined, destination: addressOf(destination), ports }
        assert.equal(leaseSetOf(key), set)
        assert.deepEqual(decodeLeaseKey(set, encodeLeaseKey(key), guard), key)
      }
    }
  }
})

test('echo is held in the set of single ports, under the type of the request', () => {
  for (const { client, destination, digit } of PLACES) {
    const key = { client: addressOf(client), destination: addressOf(destination), ports: ECHO }
    assert.equal(leaseSetOf(key), `allow${digit}`)
    assert.deepEqual([...encodeLeaseKey(key).slice(-8)], digit === 4 ? [1, 0, 0, 0, 8, 0, 0, 0] : [58, 0, 0, 0, 128, 0, 0, 0])
    assert.deepEqual(decodeLeaseKey(`allow${digit}`, encodeLeaseKey(key), 'forward'), key)
  }
})

test('a key pads each field to four octets', () => {
  const octets = encodeLeaseKey({ client: addressOf('10.77.1.2'), destination: addressOf('192.0.2.1'), ports: tcp(443) })
  assert.deepEqual([...octets], [10, 77, 1, 2, 192, 0, 2, 1, 6, 0, 0, 0, 1, 187, 0, 0])
})

test('what is no learned element is not read as one', () => {
  assert.deepEqual(['refused4', 'static6', 'metadata4', 'allow5', 'icmp_1_2_v4'].filter(isLearnedSet), [])
  assert.equal(decodeLeaseKey('static4', new Uint8Array(16), 'forward'), undefined)
  assert.equal(decodeLeaseKey('allow4', new Uint8Array(16), 'forward'), undefined, 'neither TCP nor UDP')
  assert.equal(decodeLeaseKey('allow4', new Uint8Array(15), 'forward'), undefined, 'too short')
})
