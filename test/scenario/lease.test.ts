// An answer is good for as long as the client may use it: fresh, cached, asked again, with whatever TTL.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { listElements } from '../support/nft.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const CROWD = 10_000
const crowd = Array.from({ length: CROWD }, (_, index) => `n${index}.crowd.example`)

const world = await createWorld([
  'five.example. 5 IN A 192.0.2.5',
  'one.example. 1 IN A 192.0.2.1',
  'zero.example. 0 IN A 192.0.2.10',
  'kept.example. 300 IN A 192.0.2.11',
  'long.example. 86400 IN A 192.0.2.12',
  ...crowd.map((name, index) => `${name}. 1 IN AAAA 2001:db8:1::${(index + 1).toString(16)}`),
])
after(() => world.close())
const { alpha, gateway } = world

async function withSallyport(updater: Readonly<Record<string, unknown>>, body: (sallyport: Sallyport) => Promise<void>): Promise<void> {
  const sallyport = await startForward(world, { zones: { 'app.zone': '*.example\n' }, updater })
  try {
    await body(sallyport)
  } finally {
    await sallyport.stop()
    sallyport.cli('down')
  }
}

const leases = (family = 4) => listElements(gateway, 'sallyport', `allow${family}`)
const secondsOf = (address: string) => leases().find(({ key }) => key.includes(` ${address} `))?.timeoutSeconds

/** Waits for the moment so many milliseconds after `start`. */
const until = (start: number, milliseconds: number) => pause(start + milliseconds - performance.now())

test('a TTL of 0 or 1 is open for two minutes, a long one is handed out as five minutes and open for six', async () => {
  await withSallyport({}, async () => {
    for (const [name, address] of [
      ['zero.example', '192.0.2.10'],
      ['one.example', '192.0.2.1'],
    ] as const) {
      assert.deepEqual((await alpha.ask(name)).answers, [`A ${address}`])
      await pause(500)
      assert.equal(await alpha.reach(address), 'connected')
      assert.ok(secondsOf(address)! >= 118 && secondsOf(address)! <= 120, `${secondsOf(address)} s`)
    }
    assert.deepEqual((await alpha.ask('long.example')).ttls, [300])
    assert.ok(secondsOf('192.0.2.12')! >= 358 && secondsOf('192.0.2.12')! <= 361, `${secondsOf('192.0.2.12')} s`)
  })
})

test('TTL 5, asked again at 4 s from the cache, connects at 7 s; a fresh answer extends it; nobody asks, and it closes', async () => {
  await withSallyport({ lease: { leastTtlSeconds: 1, marginSeconds: 2 } }, async () => {
    const start = performance.now()
    assert.deepEqual((await alpha.ask('five.example')).ttls, [5])
    await until(start, 4_000)
    const [ttl] = (await alpha.ask('five.example')).ttls
    assert.ok(ttl! <= 2, `not from the cache: TTL ${ttl}`)
    await until(start, 7_000)
    assert.equal(await alpha.reach('192.0.2.5'), 'connected')
    assert.deepEqual((await alpha.ask('five.example')).ttls, [5])
    // The first lease is over by now: 5 + 1 + 2 s.
    await until(start, 9_500)
    assert.equal(await alpha.reach('192.0.2.5'), 'connected')
    await until(start, 17_000)
    await assertRefused(alpha.agent, '192.0.2.5')
  })
})

test('a cached answer opens again what somebody has deleted by hand', async () => {
  await withSallyport({ owner: 'off' }, async () => {
    await assertReachable(alpha, 'kept.example')
    const key = `${alpha.address4} . 192.0.2.11 . tcp . 443`
    gateway.run(['nft', `delete element inet sallyport allow4 { ${key} }`])
    await eventually('it is open again', async () => (await alpha.reach('192.0.2.11')) === 'connected', 1_000)
    // By then a TTL from the cache has counted down.
    await pause(1_100)
    const { ttls, answers } = await alpha.ask('kept.example')
    assert.deepEqual([answers, ttls[0]! < 300], [['A 192.0.2.11'], true])
    assert.equal(await alpha.reach('192.0.2.11'), 'connected')
  })
})

test('ten thousand names later the sets are empty again, and so is the memory of both processes', async (t) => {
  // Each is visited once, and what was used would stay open for ten minutes.
  await withSallyport({ lease: { leastTtlSeconds: 1, marginSeconds: 3 }, use: { reconnectSeconds: 0 } }, async (sallyport) => {
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, leases(6).length)
    }, 1_000)
    const visits = await alpha.agent.call('visit', { names: crowd, port: 443, parallel: 32 }).finally(() => clearInterval(watch))
    assert.deepEqual(visits.filter(({ outcome }) => outcome !== 'connected').slice(0, 5), [])
    t.diagnostic(`${most} elements at most`)
    assert.ok(most > 1_000)
    // What a look finds in use is asked for once more, and may be open again after the set was empty.
    let lastOpen = performance.now()
    await eventually(
      'the set is empty, and so is the memory',
      () => {
        const isOpen = leases(6).length > 0
        if (isOpen) lastOpen = performance.now()
        const { updater } = JSON.parse(sallyport.cli('status', '--json').stdout)
        const isRemembered = updater.elements > 0 || updater.leases.length > 0
        // The updater looks at leases that have ended so many at a time.
        assert.ok(!isRemembered || performance.now() - lastOpen < 5_000, 'the memory keeps what the set has lost')
        return !isOpen && !isRemembered
      },
      30_000,
    )
  })
})
