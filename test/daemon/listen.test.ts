import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { followsInterfaces, resolverPort, wantedEndpoints } from '../../src/daemon/listen.ts'

const local = (address: string, scopeid = 0) =>
  ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4', scopeid }) as unknown as NetworkInterfaceInfo
const INTERFACES = { lo: [local('127.0.0.1'), local('::1')], eth0: [local('192.0.2.1'), local('192.0.2.2'), local('fe80::1', 2)] }

function listenOn(...addresses: readonly string[]): Config {
  const listen = addresses.map((address) => ({ address, port: 5353 }))
  return { resolver: { listen }, updater: { guard: 'none', interfaces: [] } } as unknown as Config
}

const addressesOf = (config: Config): string[] => wantedEndpoints(config, INTERFACES).map(({ address }) => address)

test('a wildcard stands for each address of its family, so that replies come from the one that was asked', () => {
  assert.deepEqual(addressesOf(listenOn('0.0.0.0')), ['127.0.0.1', '192.0.2.1', '192.0.2.2'])
  assert.deepEqual(addressesOf(listenOn('::')), ['::1', 'fe80::1%eth0'])
  assert.equal(followsInterfaces(listenOn('127.0.0.1', '::')), true)
  assert.equal(resolverPort(listenOn('0.0.0.0')), 5353)
})

test('a plain address stands for itself, whether it is there or not', () => {
  assert.deepEqual(addressesOf(listenOn('192.0.2.9')), ['192.0.2.9'])
  assert.equal(followsInterfaces(listenOn('192.0.2.9')), false)
})
