// Who is judged otherwise by the next policy is found out beforehand, in small steps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import { ANY_PORTS } from '../../src/net/port.ts'
import { LeaseBook } from '../../src/updater/book.ts'
import { createFormerNames } from '../../src/updater/former-names.ts'
import { createJudging } from '../../src/updater/judging.ts'
import type { ElementSpec, Opening, Target } from '../../src/updater/lease.ts'
import { encodeLeaseKey } from '../../src/updater/ruleset/key.ts'
import { policyOf } from '../resolver/world.ts'
import { LIMITS } from '../support/updater-options.ts'

const SOURCE = parseAddress('10.77.0.2')!
/** More than is judged in one turn. */
const MOST_ADDRESSES = 16_384
const TARGET: Target = {
  ...{ id: 'set', table: { family: 'inet', name: 'table' }, set: 'set', timeouts: true, commentPrefix: '' },
  encodeKey: encodeLeaseKey,
}

function specsFor(destination: Address): readonly ElementSpec[] {
  return [{ target: TARGET, lease: { client: SOURCE, destination, ports: ANY_PORTS } }]
}

function opening(number: number): Opening {
  const address = parseAddress(`192.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`)!
  return {
    ...{ clientId: SOURCE, payer: SOURCE, source: SOURCE, name: parseName('example.org'), address },
    ...{ until: number, freshUntil: 0, confirmedUntil: 0 },
    specs: specsFor(address),
  }
}

test('judging anew is due when an entry ends, and when the clock is set back before it was judged last, where entries have an end', () => {
  const clock = { wall: 500 }
  const due = (entry: string): readonly boolean[] => {
    const policy = policyOf([entry])
    const judging = createJudging({
      ...{ book: new LeaseBook(0), former: createFormerNames(), wallClock: () => clock.wall },
      bench: () => ({ policy, limits: LIMITS, specify: (_, address) => specsFor(address) }),
    })
    return [10_000, 20_000, 30_000, 29_500, 9_000, 8_500, 20_000].map((wall) => {
      clock.wall = wall
      const isDue = judging.isDue()
      if (isDue || wall === 10_000) judging.rejudge(judging.concernNow())
      return isDue
    })
  }
  assert.deepEqual(due('example.org until=20000'), [false, true, false, false, true, false, true])
  assert.deepEqual(due('example.org'), [false, false, false, false, false, false, false])
})

test('an entry of the next policy that ends between what is found out beforehand and the change itself is judged as ended', async () => {
  const book = new LeaseBook(0)
  const clock = { wall: 10_000 }
  let policy = policyOf(['example.org'])
  const judging = createJudging({
    ...{ book, former: createFormerNames(), wallClock: () => clock.wall },
    bench: () => ({ policy, limits: LIMITS, specify: (_, address) => specsFor(address) }),
  })
  judging.rejudge(judging.concernNow())
  book.grant(opening(0x0201))
  const next = policyOf(['example.org until=20000'])
  await judging.prepare(next)
  clock.wall = 20_000
  policy = next
  assert.deepEqual([judging.rejudge(judging.concernNow()).revoked, book.size], [1, 0])
})

test('whoever opens more in every turn than is judged in one does not put off a change of policy, and what he opened is judged by it', async () => {
  const book = new LeaseBook(0, MOST_ADDRESSES)
  const [before, after] = [policyOf(['example.org']), policyOf(['example.net'])]
  let policy = before
  const judging = createJudging({
    ...{ book, former: createFormerNames(), wallClock: () => 0 },
    bench: () => ({ policy, limits: LIMITS, specify: (_, address) => specsFor(address) }),
  })
  let opened = 0
  /** As many new ones as there may be: all that was there before is displaced. */
  const openMore = (): void => {
    for (const end = opened + MOST_ADDRESSES; opened < end; opened++) book.grant(opening(opened))
    book.displace([])
  }
  openMore()
  judging.rejudge(judging.concernNow())
  const turns = setInterval(openMore, 0)
  await judging.prepare(after)
  clearInterval(turns)
  assert.ok(opened > MOST_ADDRESSES)
  policy = after
  assert.equal(judging.rejudge(judging.concernNow()).revoked, MOST_ADDRESSES)
  assert.equal(book.size, 0)
})
