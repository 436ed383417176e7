// Either process is killed, and both, and the ruleset is flushed, while a sandbox opens hundreds of connections a second and tries every way out.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { assertNothingBut } from '../support/capture.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC, type World } from '../support/world.ts'

/** Addresses that no name stands for. */
const FORBIDDEN = ['192.0.2.200', '203.0.113.200', '2001:db8:1::200']
const OPEN = Array.from({ length: 4 }, (_, index) => `open${index}.example`)
const PER_SECOND = 500
const RECORDS = [
  ...OPEN.map((name, index) => `${name}. 300 IN A 192.0.2.${index + 1}`),
  ...Array.from({ length: 99 }, (_, index) => `fresh${index}.example. 300 IN A 203.0.113.${index + 1}`),
]

let fresh = 0

for (const owner of ['auto', 'off'] as const) {
  test(`owner: ${owner}: resolver, updater and both are killed at ${PER_SECOND} connections a second: not one packet beyond policy, and what is open stays open`, async (t) => {
    await withSallyport(owner, async (world, sallyport) => {
      const { failed, text } = await underLoad(world, async () => {
        for (const parts of [['resolver'], ['updater'], ['resolver', 'updater']] as const) {
          const milliseconds = await recoveryAfterKilling(world, sallyport, parts)
          t.diagnostic(`${parts.join(' and ')} killed: a new name resolves and connects after ${milliseconds.toFixed(0)} ms`)
        }
      })
      t.diagnostic(text)
      assert.equal(failed, 0, text)
    })
  })
}

test(`owner: off: the ruleset is flushed at ${PER_SECOND} connections a second: not one packet beyond policy, what is open is open again within a second, flows go on`, async (t) => {
  await withSallyport('off', async (world) => {
    const { alpha, gateway } = world
    await assertReachable(alpha, OPEN[0]!)
    const flow = await alpha.agent.call('openFlow', { address: '192.0.2.1', port: 443 })
    const { failed, text } = await underLoad(world, async () => {
      gateway.run(['nft', 'flush', 'ruleset'])
      await eventually('a lease from before is back', async () => (await alpha.reach('192.0.2.1')) === 'connected', 2_000)
      await pause(1_000)
    })
    t.diagnostic(text)
    assert.ok(failed < PER_SECOND, text)
    assert.equal(await alpha.agent.call('talk', { flow, line: 'still here', timeoutMs: 3_000 }), 'still here')
  })
})

async function withSallyport(owner: 'auto' | 'off', body: (world: World, sallyport: Sallyport) => Promise<void>): Promise<void> {
  const world = await createWorld(RECORDS)
  after(() => world.close())
  const sallyport = await startForward(world, { zones: { 'app.zone': '*.example\n' }, updater: { owner } })
  try {
    await body(world, sallyport).catch((error) => assert.fail(`${error}\n${sallyport.log()}`))
    for (const address of FORBIDDEN) assert.notEqual(await world.alpha.reach(address), 'connected')
  } finally {
    await sallyport.stop()
    await world.close()
  }
}

async function recoveryAfterKilling({ beta }: World, sallyport: Sallyport, parts: readonly ('resolver' | 'updater')[]): Promise<number> {
  const victims = parts.map((part) => sallyport.part(part)!)
  const start = performance.now()
  for (const pid of victims) process.kill(pid, 'SIGKILL')
  fresh++
  const [name, address] = [`fresh${fresh}.example`, `203.0.113.${fresh + 1}`]
  await eventually('a new name is answered', async () => (await beta.ask(name, 'A', { timeoutMs: 200 })).answers.length > 0, 20_000)
  assert.equal(await beta.reach(address), 'connected')
  const milliseconds = performance.now() - start
  await eventually('all parts are there again', () => parts.every((part) => ![undefined, ...victims].includes(sallyport.part(part))))
  return milliseconds
}

/** Does it under connections that the policy allows and attempts that it does not, and tells how many of those failed. Fails if anything beyond policy left. */
async function underLoad(world: World, act: () => Promise<void>): Promise<{ readonly failed: number; readonly text: string }> {
  const { alpha } = world
  const addresses = await Promise.all(OPEN.map((name) => assertReachable(alpha, name)))
  const wire = await world.capture()
  await alpha.agent.call('startStorm', { addresses: FORBIDDEN, port: 443 })
  await alpha.agent.call('startConnecting', { addresses, port: 443, perSecond: PER_SECOND })
  await act().catch(async (error) => {
    await alpha.agent.call('stopConnecting')
    throw error
  })
  const { attempts, seconds, outcomes, longestMs } = await alpha.agent.call('stopConnecting')
  const stormed = await alpha.agent.call('stopStorm')
  const permitted = [...addresses, ...Array.from({ length: 99 }, (_, index) => `203.0.113.${index + 1}`)]
  assertNothingBut(await wire.leaving(), [...UPSTREAM_TRAFFIC, { protocol: 'tcp', destination: permitted, destinationPort: 443 }])
  const failed = attempts - (outcomes.connected ?? 0)
  const rate = `${(attempts / seconds).toFixed(0)} connections/s, ${failed} failed, the slowest ${longestMs.toFixed(0)} ms`
  return { failed, text: `${rate}; ${stormed} attempts at what is forbidden` }
}
