// Our table as small changes make it, against one that is written whole: whatever joins, leaves, opens, closes and is said anew, they are the same.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import { deleteTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { type Probes, probeKernel } from '../../src/linux/nftables/probe.ts'
import { type Access, ANY_PORTS } from '../../src/net/port.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import type { ElementSpec, ElementWrite } from '../../src/updater/lease.ts'
import type { RulesetDescription } from '../../src/updater/ruleset/description.ts'
import { createOwnTable, type OwnTable } from '../../src/updater/table.ts'
import { policyOf } from '../resolver/world.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { createRandom } from '../support/random.ts'
import { addressOf, describe, segment, tcp, udp } from './ruleset-description.ts'

enterPrivateNamespace()
const nftables = openNftables()
after(() => nftables.close())
const random = createRandom(20_261_126)

const STEPS = 60
const SANDBOX = { name: 'sandbox', prefixes: ['10.77.0.2', 'fd77::2'].map((text) => parsePrefix(text)!) }
const CLIENT = policyOf([], { clients: [SANDBOX], guard: 'forward' }).clientAt(addressOf('10.77.0.2'))
const CLIENTS = ['10.77.0.2', '10.77.0.3', '10.77.0.4', 'fd77::2', 'fd77::3'].map(addressOf)
const DESTINATIONS = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'].map(addressOf)
const RANGE = tcp(8000, 8100)
const PORTS: readonly Access[] = [tcp(443), udp(443), ANY_PORTS, RANGE]
const NAMES = ['a.example', 'a.example b.example']
const SEGMENTS = [[], [segment('203.0.113.0/24', tcp(443))], [segment('203.0.113.0/24', tcp(444)), segment('2001:db8:9::/48', udp(1, 9))]]
const AUDITED = [[], [{ family: 4, first: 0x0a4d0100n, last: 0x0a4d01ffn }]] as const
const EGRESS = [[], [{ family: 4, first: 0x0a4d0100n, last: 0x0a4d01ffn, address: addressOf('198.51.100.9') }]] as const

interface Lease {
  readonly destination: (typeof DESTINATIONS)[number]
  readonly ports: Access
  readonly until: number
  readonly comment: string
}

function some<T>(values: readonly T[]): readonly T[] {
  return values.filter(() => random.below(2) === 0)
}

/** Most changes are of what comes and goes by itself. */
function vary(before: RulesetDescription): RulesetDescription {
  const revoked = random.below(2) === 0 ? [] : some(DESTINATIONS.slice(0, 2)).map((destination) => ({ client: CLIENTS[0], destination }))
  const changed = { ...before, named: some(CLIENTS), revoked, segments: before.segments.map((one) => ({ ...one })) }
  const turn = random.below(10)
  if (turn === 0) return { ...changed, segments: random.pick(SEGMENTS) }
  if (turn === 1) return { ...changed, audited: random.pick(AUDITED) }
  if (turn === 2) return { ...changed, egress: random.pick(EGRESS) }
  return turn === 3 ? { ...changed, closed: some([parsePrefix('10.0.0.0/8')!, parsePrefix('fc00::/7')!]) } : changed
}

function specOf(table: OwnTable, { destination, ports }: Lease): ElementSpec {
  if (ports.protocol === 'icmp') throw new TypeError('no range of ports')
  return table.specify(CLIENT, destination, [ports])![0]!
}

function writeOf(table: OwnTable, lease: Lease, renew: boolean): ElementWrite {
  return { spec: specOf(table, lease), until: lease.until, comment: lease.comment, renew }
}

for (const [kernel, changes] of [
  ['this kernel', {}],
  ['a kernel that neither extends nor destroys elements', { extends: false, destroys: false }],
] as const) {
  test(`after any changes the table is what it would be, had it been written whole: ${kernel}`, () => {
    const probes: Probes = { ...probeKernel(nftables, false), ...changes }
    const open = (name: string) => createOwnTable(nftables, probes, { table: name, guard: 'forward', echo: false })
    const [table, leases] = [open('sallyport'), new Map<string, Lease>()]
    let description = describe('forward', { ranges: [RANGE] })
    const start = performance.now()
    table.synchronise(description, [], start)
    for (let step = 0; step < STEPS; step++) {
      description = vary(description)
      const gone = some([...leases.values()])
      const opened = Array.from({ length: random.below(5) }, () => ({
        ...{ destination: random.pick(DESTINATIONS), ports: random.pick(PORTS), comment: random.pick(NAMES) },
        // Looked at by the hundred seconds.
        until: start + 1000 * (100 * (1 + random.below(9)) + 50),
      }))
      for (const lease of gone) leases.delete(keyOf(lease))
      const isThere = new Set(leases.keys())
      for (const lease of opened) leases.set(keyOf(lease), lease)
      const put = opened.filter((lease) => leases.get(keyOf(lease)) === lease)
      const change = {
        put: put.map((lease) => writeOf(table, lease, isThere.has(keyOf(lease)))),
        remove: gone.map((lease) => specOf(table, lease)),
      }
      // As when all flows of what was closed have ended.
      if (description.revoked.length === 0) table.acquit()
      if (random.below(10) === 0) table.doubt()
      assert.ok(table.apply(description, change, performance.now()))

      const whole = open('whole')
      const elements = [...leases.values()].map((lease) => writeOf(whole, lease, false))
      assert.ok(whole.synchronise({ ...description, table: 'whole' }, elements, performance.now()))
      assert.deepEqual(list('sallyport'), list('whole'), `step ${step}`)
      drop('whole')
    }
    drop('sallyport')
  })
}

function keyOf({ destination, ports }: Lease): string {
  return `${destination} ${ports.protocol} ${ports.first}`
}

function drop(name: string): void {
  const transaction = nftables.begin()
  transaction.add(deleteTable({ family: 'inet', name }))
  nftables.commit(transaction)
}

interface Listed {
  readonly table?: object
  readonly set?: { readonly name: string; elem?: unknown[] }
  readonly chain?: { readonly name: string }
  readonly rule?: { readonly chain: string }
}

/** Rules in their order, sets and their elements in that of their names. */
function list(name: string): readonly unknown[] {
  const text = execFileSync('nft', ['-nj', 'list', 'table', 'inet', name], { encoding: 'utf8' })
  const { nftables: listed } = JSON.parse(text.replaceAll(`"${name}"`, '"table"'), reviveSame) as { nftables: Listed[] }
  for (const { set } of listed) set?.elem?.sort((one, other) => compareTexts(JSON.stringify(one), JSON.stringify(other)))
  return listed.toSorted((one, other) => compareTexts(placeOf(one), placeOf(other)))
}

/** Without what the kernel numbers. */
function reviveSame(key: string, value: unknown): unknown {
  if (key === 'handle' || key === 'timeout') return undefined
  return key === 'expires' ? Math.floor((value as number) / 100) : value
}

function placeOf({ set, chain, rule }: Listed): string {
  if (set !== undefined) return `1 ${set.name}`
  if (chain !== undefined) return `2 ${chain.name}`
  return rule === undefined ? '0' : `3 ${rule.chain}`
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
