// The lease book against the plainest account of it that one could keep.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import { ANY_PORTS, parsePortRange } from '../../src/net/port.ts'
import { LeaseBook } from '../../src/updater/book.ts'
import { type ElementSpec, type Holder, isSameElement, type Opening, type Target } from '../../src/updater/lease.ts'
import { encodeLeaseKey } from '../../src/updater/ruleset/key.ts'
import { createRandom } from '../support/random.ts'

const PAYERS = ['sandbox', 'neighbour']
const SOURCES = ['10.77.0.2', '10.77.0.3', 'fd77::2'].map((text) => parseAddress(text)!)
const ADDRESSES = Array.from({ length: 12 }, (_, host) => parseAddress(`192.0.2.${host + 1}`)!)
const NAMES = Array.from({ length: 8 }, (_, index) => parseName(`n${index}.example`))
const PORTS = [ANY_PORTS, ...['443', '8443', 'udp/443', 'udp/65535', '1-65535'].map((text) => parsePortRange(text)!)]
const TARGETS = ['allow4', 'mirror'].map(
  (set): Target => ({
    ...{ id: set, table: { family: 'inet', name: 'table' }, set, timeouts: true, commentPrefix: '' },
    encodeKey: encodeLeaseKey,
  }),
)
const MOST_ADDRESSES = 5
const random = createRandom(20_261_125)

interface Held {
  readonly holder: Holder
  until: number
  specs: readonly ElementSpec[]
}

/** Two sources are one client. */
function payerOf(source: Address): string {
  return PAYERS[source === SOURCES[0] ? 1 : 0]!
}

/** What the policy of a round entitles a holder to: names have elements of their own by client, and share the mirror's. */
function entitled(round: number, { source, name, address }: Holder): readonly ElementSpec[] | undefined {
  const turn = (round + NAMES.indexOf(name) + ADDRESSES.indexOf(address)) % 7
  if (turn === 0) return undefined
  const own = PORTS.slice(0, turn % PORTS.length).map((ports) => ({
    target: TARGETS[0]!,
    lease: { client: source, destination: address, ports },
  }))
  return turn % 2 === 0 ? own : [...own, { target: TARGETS[1]!, lease: { client: undefined, destination: address, ports: ANY_PORTS } }]
}

test('whatever is opened, judged anew, displaced and ended, in whatever order, the book holds that and no more', () => {
  const model = new Map<string, Held>()
  const keyOf = ({ source, name, address }: Holder) => `${source} ${name} ${address}`
  let now = 1_000_000
  let round = 0
  const book = new LeaseBook(now, MOST_ADDRESSES)

  function open(): void {
    const openings = Array.from({ length: 1 + random.below(4) }, randomOpening).filter((opening) => opening !== undefined)
    book.commit(openings, () => {})
    for (const { specs, until, ...holder } of openings) {
      const known = model.get(keyOf(holder))
      model.set(keyOf(holder), { holder, specs, until: Math.max(until, known?.until ?? 0) })
    }
    const { grants } = book.displace(openings)
    for (const grant of grants) assert.ok(model.delete(keyOf(grant)))
  }

  function randomOpening(): Opening | undefined {
    const source = random.pick(SOURCES)
    const holder = { clientId: 'sandbox', payer: payerOf(source), source, name: random.pick(NAMES), address: random.pick(ADDRESSES) }
    const specs = entitled(round, holder)
    const until = now + random.below(20_000)
    return specs === undefined ? undefined : { ...holder, until, freshUntil: until, confirmedUntil: until, specs }
  }

  function rejudge(): void {
    round++
    const before = [...model.values()].flatMap(({ specs }) => specs)
    const { revoked, remove } = book.rejudge((holder) => entitled(round, holder))
    let expected = 0
    for (const [key, held] of model) {
      const specs = entitled(round, held.holder)
      if (specs !== undefined) held.specs = specs
      else if (model.delete(key)) expected++
    }
    assert.equal(revoked, expected)
    for (const spec of remove) assert.ok(before.some((other) => isSameElement(spec, other)) && !book.hasElement(spec))
  }

  function expire(): void {
    now += random.below(4_000)
    const { grants } = book.expire(now)
    for (const grant of grants) {
      const held = model.get(keyOf(grant))!
      assert.ok(held.until <= now)
      assertSame(grant.specs, held.specs)
      model.delete(keyOf(grant))
    }
    // At most a second late.
    for (const { until } of model.values()) assert.ok(until > now - 1_000)
  }

  for (let step = 0; step < 4_000; step++) {
    random.pick([open, open, open, open, rejudge, expire])()
    assertHolds(book, model)
  }
  now += 60_000
  book.expire(now)
  assert.deepEqual([book.size, book.elementCount, book.fullestSetSize, ...PAYERS.map((payer) => book.countOf(payer))], [0, 0, 0, 0, 0])
})

function assertHolds(book: LeaseBook, model: ReadonlyMap<string, Held>): void {
  assert.equal(book.size, model.size)
  const held = [...model.values()]
  for (const { holder, specs } of held) assertSame(book.specsOf(holder), specs)
  for (const payer of PAYERS) assert.equal(book.countOf(payer), held.filter(({ holder }) => payerOf(holder.source) === payer).length)
  const elements = [...book.elements()]
  for (const { spec, until, comment } of elements) {
    const holders = held.filter(({ specs }) => specs.some((other) => isSameElement(spec, other)))
    assert.deepEqual(new Set(comment.split(' ')), new Set(holders.map(({ holder }) => holder.name)))
    assert.ok(until >= Math.max(...holders.map((holder) => holder.until)))
  }
  const distinct = new Set(held.flatMap(({ specs }) => specs.map(textOf)))
  assert.deepEqual(new Set(elements.map(({ spec }) => textOf(spec))), distinct)
  assert.equal(book.elementCount, distinct.size)
}

function assertSame(specs: readonly ElementSpec[], others: readonly ElementSpec[]): void {
  assert.deepEqual(specs.map(textOf).sort(), others.map(textOf).sort())
}

function textOf({ target, lease: { client, destination, ports } }: ElementSpec): string {
  return [target.id, client, destination as Address, ports.protocol, ports.first, ports.last].join(' ')
}
