// The book against real sets of the kernel: whatever is opened, taken back, displaced, ended, refused or disturbed, they come to agree.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { enterPrivateNamespace } from '../support/netns.ts'
import { createRandom } from '../support/random.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, listSet, nft, type Peer, type Rig, startRig, type Wish } from './rig.ts'

enterPrivateNamespace()

const ROUNDS = 12
const BATCHES_A_ROUND = 20
const SOURCES = [CLIENT, '10.77.0.3', '10.77.0.4']
const NAMES = Array.from({ length: 8 }, (_, index) => `n${index}.example`)
const ADDRESSES = Array.from({ length: 40 }, (_, host) => `192.0.2.${host + 1}`)
const PORTS = ['tcp/443', 'tcp/443 tcp/80', 'tcp/443 tcp/80 udp/443']
const LIMITS = { leastTtlSeconds: 1, marginSeconds: 0, longestLeaseSeconds: 9, addressesPerName: 6, leasesPerClient: 40, mostLeases: 400 }
/** Both count whole seconds, and are asked one after the other. */
const LEAST_SECONDS = 2
const random = createRandom(20_261_125)

/** By what the kernel lists as a key: for how long it is open, and by which names. */
type Open = ReadonlyMap<string, { readonly seconds: number; readonly names: readonly string[] }>

function inKernel(): Open {
  return new Map(listSet().map(({ key, expires, comment }) => [key, { seconds: expires!, names: comment?.split(' ') ?? [] }]))
}

function inBook({ updater }: Rig): Open {
  const open = new Map<string, { seconds: number; names: string[] }>()
  for (const { client, name, address, ports, remainingSeconds } of updater.leases({ most: 9999 }).leases) {
    for (const [protocol, port] of ports.map((text) => text.split('/'))) {
      const key = [client === 'sandbox' ? CLIENT : client, address, protocol === 'tcp' ? 6 : 17, port].join(' . ')
      const { seconds, names } = open.get(key) ?? { seconds: 0, names: [] }
      open.set(key, { seconds: Math.max(seconds, remainingSeconds), names: [...names, name] })
    }
  }
  return open
}

/** What the kernel has not, or not for so long, or not by all names; and what it has without them. */
function disagreements(rig: Rig): readonly string[] {
  const [kernel, book] = [inKernel(), inBook(rig)]
  const lasting = ([, { seconds }]: [string, { readonly seconds: number }]) => seconds >= LEAST_SECONDS
  const missing = [...book].filter(lasting).filter(([key, { seconds, names }]) => {
    const there = kernel.get(key)
    return there === undefined || there.seconds < seconds - 1 || !names.every((name) => there.names.includes(name))
  })
  const stray = [...kernel].filter(lasting).filter(([key]) => !book.has(key))
  return [
    ...missing.map(([key, open]) => `missing: ${key} ${JSON.stringify([open, kernel.get(key)])}`),
    ...stray.map(([key]) => `stray: ${key}`),
  ]
}

function randomZone(): string {
  return NAMES.map((name) => (random.below(5) === 0 ? `!${name}` : `${name} ${random.pick(PORTS)}`)).join('\n')
}

function randomWish(): Partial<Wish> {
  const addresses = Array.from({ length: 1 + random.below(4) }, () => random.pick(ADDRESSES))
  return { client: random.pick(SOURCES), name: random.pick(NAMES), addresses, ttlSeconds: random.below(9) }
}

async function openAtRandom(peer: Peer, outcomes: Map<string, number>): Promise<void> {
  for (let batch = 0; batch < BATCHES_A_ROUND; batch++) {
    for (const reply of await peer.open(...Array.from({ length: 1 + random.below(8) }, randomWish))) {
      const outcome = reply.kind === 'open' ? reply.kind : reply.reason
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
}

test('after thousands of openings among changes of policy, disturbances, refusals and restarts the sets hold what the book says', async (t) => {
  const rig = await startRig(t, { zone: NAMES.join('\n'), limits: LIMITS })
  let peer = await rig.connect()
  const outcomes = new Map<string, number>()
  const disturbances = [
    () => rig.writeZone(randomZone()),
    () => rig.writeZone(randomZone()),
    () => rig.writeZone(randomZone()),
    () => nft('flush set inet sallyport allow4'),
    () => nft('delete table inet sallyport'),
    () => nft(`add element inet sallyport allow4 { ${CLIENT} . 192.0.2.250 . tcp . 443 timeout 1h }`),
    () => pause(700),
    async () => {
      await rig.restart()
      peer = await rig.connect()
    },
  ]
  for (let round = 0; round < ROUNDS; round++) {
    await openAtRandom(peer, outcomes)
    await disturbances[round % disturbances.length]!()
    await openAtRandom(peer, outcomes)
    const agree = eventually('agreement', () => disagreements(rig).length === 0, 1_500)
    await agree.catch(() => assert.deepEqual(disagreements(rig), [], `round ${round}`))
  }
  t.diagnostic(JSON.stringify([...outcomes]))
  for (const outcome of ['open', 'policy', 'limit']) assert.ok((outcomes.get(outcome) ?? 0) > 100, outcome)
  assert.ok(rig.updater.status().counters.displaced > 0)
})
