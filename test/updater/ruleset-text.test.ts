// What `nft list` shows of each guard, compared with a file that nft itself can load: the same text must come out of both tables.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, afterEach, test } from 'node:test'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { probeKernel } from '../../src/linux/nftables/probe.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'
import { ANY_PORTS } from '../../src/net/port.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { isAdoptable, isOurs, readPresent, teardown } from '../../src/updater/ruleset/build.ts'
import type { RulesetDescription } from '../../src/updater/ruleset/description.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { addressOf, describe, install, lease, RESOLVER_UID, segment, tcp, udp } from './ruleset-description.ts'

enterPrivateNamespace()
const nftables = openNftables()
const owns = probeKernel(nftables, false).owns
after(() => nftables.close())
afterEach(() => {
  const transaction = nftables.begin()
  for (const table of nftables.tables()) transaction.add(deleteTable(table))
  nftables.commit(transaction)
})

const COMMON: Partial<RulesetDescription> = {
  inbound: [tcp(8080)],
  dhcp: true,
  ranges: [tcp(8000, 8100), tcp(443), ANY_PORTS],
  segments: [segment('203.0.113.0/24', tcp(443)), segment('2001:db8:9::/48', udp(0, 65_535))],
  closed: [parsePrefix('10.0.0.0/8')!, parsePrefix('10.1.0.0/16')!, parsePrefix('fc00::/7')!],
}
const GUARDS = {
  forward: describe('forward', {
    ...COMMON,
    interfaces: ['sbx*', 'eth1'],
    flowsPerClient: 8192,
    dnsFlowsPerSecond: 2000,
    protection: { kind: 'lock', mark: 0x10000 },
    audited: [{ family: 4, first: 0x0a4d0100n, last: 0x0a4d01ffn }],
    egress: [
      { family: 4, first: 0x0a4d0100n, last: 0x0a4d01ffn, address: addressOf('198.51.100.9') },
      { family: 6, first: 0n, last: (1n << 128n) - 1n, address: undefined },
    ],
  }),
  output: describe('output', {
    ...COMMON,
    resolver: { port: 53, uid: RESOLVER_UID },
    upstreams: [parseEndpoint('192.0.2.53', 53)!, parseEndpoint('127.0.0.11', 53)!, parseEndpoint('[::1]:5353', 53)!],
    audited: [{ family: 4, first: 0n, last: 0xffffffffn }],
  }),
}

function list(): string {
  const text = execFileSync('nft', ['list', 'table', 'inet', 'sallyport'], { encoding: 'utf8' })
  return text
    .replace(/ # progname .*/, '')
    .replace(/^\tflags owner.*\n/m, '')
    .replaceAll(/\n+/g, '\n')
}

for (const [guard, description] of Object.entries(GUARDS)) {
  const fixture = new URL(`./fixture/${guard}.nft`, import.meta.url).pathname

  test(`the table of guard ${guard} is what its text says`, () => {
    execFileSync('nft', ['-f', fixture])
    const expected = list()
    execFileSync('nft', ['flush', 'ruleset'])
    install(nftables, description)
    assert.equal(list(), expected)
  })

  test(`every set, chain and rule of guard ${guard} has a comment`, () => {
    const lines = readFileSync(fixture, 'utf8').split('\n')
    const rules = lines.filter((line) => /^\t\t\S/.test(line) && !/^\t\t(type|size|flags|timeout|counter$|comment|elements)/.test(line))
    assert.deepEqual(
      rules.filter((line) => !/ comment "[^"]+"$/.test(line)),
      [],
    )
    const blocks = lines.flatMap((line, i) => (/^\t(set|chain) /.test(line) ? [lines.slice(i, lines.indexOf('\t}', i)).join('\n')] : []))
    assert.deepEqual(
      blocks.filter((block) => !/\n\t\tcomment "[^"]+"/.test(block)),
      [],
    )
  })

  test(`guard ${guard}: rebuilding changes nothing and keeps what was learned`, () => {
    const client = guard === 'forward' ? '10.77.1.2' : undefined
    for (const protection of owns ? [{ kind: 'none' } as const, { kind: 'owner' } as const] : [{ kind: 'none' } as const]) {
      const each = { ...description, protection }
      install(nftables, each, [lease(client, '192.0.2.1', tcp(443)), lease(client, '192.0.2.1', tcp(8000, 8100))])
      const before = list().replaceAll(/expires \S+/g, '')
      assert.equal(isAdoptable(each, readPresent(nftables, 'sallyport')!), true)
      install(nftables, each)
      assert.equal(list().replaceAll(/expires \S+/g, ''), before)
    }
  })
}

test('owner on or off, the text is the same but for the flag', (context) => {
  if (!owns) return context.skip('this kernel has no owner flag together with persist')
  install(nftables, describe('forward'))
  const without = list()
  install(nftables, describe('forward', { protection: { kind: 'owner' } }))
  assert.equal(list(), without)
  assert.match(execFileSync('nft', ['list', 'table', 'inet', 'sallyport'], { encoding: 'utf8' }), /flags owner/)
  assert.deepEqual(
    [nftables.table('inet', 'sallyport')!.persist, nftables.table('inet', 'sallyport')!.ownerPortId],
    [true, nftables.portId],
  )
})

test('a port range that the policy no longer has goes with its set, a static entry with its element', () => {
  install(nftables, describe('forward', { ...COMMON }), [
    lease('10.77.1.2', '192.0.2.1', tcp(8000, 8100)),
    lease('10.77.1.2', '192.0.2.1', tcp(443)),
  ])
  install(nftables, describe('forward', { ...COMMON, ranges: [udp(5000, 6000)], segments: [] }))
  const table = { family: 'inet', name: 'sallyport' } as const
  const ranges = nftables
    .sets(table)
    .map((set) => set.name)
    .filter((name) => /_v[46]$/.test(name))
  assert.deepEqual(ranges.sort(), ['udp_5000_6000_v4', 'udp_5000_6000_v6'])
  assert.deepEqual(
    ['static4', 'allow4'].map((set) => nftables.elements(table, set).length),
    [0, 1],
  )
})

test('a table that somebody has added to is put right, and one of another guard or size is replaced', () => {
  install(nftables, GUARDS.forward)
  const expected = list()
  execFileSync('nft', ['add rule inet sallyport open accept; add chain inet sallyport mine; insert rule inet sallyport forward accept'])
  install(nftables, GUARDS.forward)
  assert.equal(list(), expected)
  for (const other of [describe('output'), describe('forward', { sizes: { leases: 7, records: 8, statics: 9 } })]) {
    assert.equal(isAdoptable(other, readPresent(nftables, 'sallyport')!), false)
    install(nftables, other)
    assert.equal(isAdoptable(other, readPresent(nftables, 'sallyport')!), true)
  }
})

test('a table of our name that we did not write is told from ours', () => {
  execFileSync('nft', ['add table inet sallyport'])
  assert.equal(isOurs(readPresent(nftables, 'sallyport')!), false)
  execFileSync('nft', ['delete table inet sallyport'])
  install(nftables, GUARDS.output)
  assert.equal(isOurs(readPresent(nftables, 'sallyport')!), true)
  const transaction = nftables.begin()
  transaction.addAll(teardown('sallyport'))
  nftables.commit(transaction)
  assert.equal(readPresent(nftables, 'sallyport'), undefined)
})

test('a static entry may be as wide as an address family, and ranges that overlap are merged', () => {
  install(nftables, describe('forward', { segments: [segment('0.0.0.0/0', tcp(0, 65_535)), segment('::/0', udp(443))] }))
  const audited = [1n, 2n, 3n].map((first) => ({ family: 4, first, last: 7n }) as const)
  install(nftables, describe('forward', { audited: [...audited, { family: 4, first: 8n, last: 9n }] }))
  const keys = nftables.elements({ family: 'inet', name: 'sallyport' }, 'audited4').map(({ key, keyEnd }) => [key[3], keyEnd![3]])
  assert.deepEqual(keys, [
    [1, 9],
    [1, 9],
  ])
})
