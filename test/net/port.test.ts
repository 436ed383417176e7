import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ANY_PORTS,
  coversPort,
  coversRange,
  formatPortRange,
  mergePorts,
  type PortRange,
  parsePort,
  parsePortRange,
} from '../../src/net/port.ts'

function ports(text: string): PortRange[] {
  return text.split(' ').map((word) => parsePortRange(word)!)
}

const FORMATTED: readonly (readonly [string, string])[] = [
  ['443', 'tcp/443'],
  ['udp/53', 'udp/53'],
  ['8000-8100', 'tcp/8000-8100'],
  ['udp/1-65535', 'udp/1-65535'],
  ['7-7', 'tcp/7'],
  ['any', 'any'],
]

for (const [text, formatted] of FORMATTED) {
  test(`${text} is ${formatted}`, () => assert.equal(formatPortRange(parsePortRange(text)!), formatted))
}

test('what is no port is undefined', () => {
  for (const text of [
    '',
    '0',
    '65536',
    '443-80',
    'tcp',
    'tcp/',
    'tcp/any',
    'sctp/1',
    'TCP/443',
    '080',
    '1-',
    '-1',
    '1-0',
    '99999',
    '1.5',
    'ANY',
  ]) {
    assert.equal(parsePortRange(text), undefined, text)
  }
})

test('a packet may be sent to port 0 too, but to one port of one protocol alone', () => {
  assert.deepEqual(parsePort('tcp/0'), { protocol: 'tcp', port: 0 })
  assert.deepEqual(parsePort('udp/65535'), { protocol: 'udp', port: 65_535 })
  for (const text of ['443', 'any', 'tcp/00', 'tcp/65536', 'tcp/80-81', 'icmp/echo']) assert.equal(parsePort(text), undefined, text)
})

test('merging sorts, and drops what another range contains', () => {
  assert.deepEqual(mergePorts(ports('udp/53 443 80 443 1-100 50-150 udp/53')), ports('1-100 50-150 443 udp/53'))
  assert.deepEqual(mergePorts(ports('1-100 10-20 15-100 101')), ports('1-100 101'))
  assert.deepEqual(mergePorts(ports('443 any udp/53')), [ANY_PORTS])
  assert.deepEqual(mergePorts([]), [])
})

test('a port is covered by a range of its own protocol, and by any', () => {
  assert.equal(coversPort(ports('8000-8100'), 'tcp', 8100), true)
  assert.equal(coversPort(ports('8000-8100'), 'udp', 8100), false)
  assert.equal(coversPort(ports('any'), 'udp', 1), true)
  assert.equal(coversPort([], 'tcp', 443), false)
})

test('a range is covered only as a whole', () => {
  assert.equal(coversRange(ports('1-100 101-200'), ports('50-150')[0]!), false)
  assert.equal(coversRange(ports('1-100'), ports('50-100')[0]!), true)
  assert.equal(coversRange(ports('any'), ports('udp/5')[0]!), true)
})
