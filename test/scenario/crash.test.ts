// Either process is killed, and both, while a sandbox opens hundreds of connections a second and tries every way out.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
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
    const world = await createWorld(RECORDS)
    after(() => world.close())
    const sallyport = await startForward(world, { zones: { 'app.zone': '*.example\n' }, updater: { owner } })
    try {
      await withLoad(world, async () => {
        for (const parts of [['resolver'], ['updater'], ['resolver', 'updater']] as const) {
          const milliseconds = await recoveryAfterKilling(world, sallyport, parts)
          t.diagnostic(`${parts.join(' and ')} killed: a new name resolves and connects after ${milliseconds.toFixed(0)} ms`)
        }
      }).then(
        (load) => t.diagnostic(load),
        (error) => assert.fail(`${error}\n${sallyport.log()}`),
      )
      for (const address of FORBIDDEN) assert.notEqual(await world.alpha.reach(address), 'connected')
    } finally {
      await sallyport.stop()
      await world.close()
    }
  })
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

/** Returns what was reached. Fails if a connection that the policy allows failed, or anything else left. */
async function withLoad(world: World, act: () => Promise<void>): Promise<string> {
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
  assert.deepEqual(Object.keys(outcomes), ['connected'], JSON.stringify(outcomes))
  const permitted = [...addresses, ...Array.from({ length: 99 }, (_, index) => `203.0.113.${index + 1}`)]
  assertNothingBut(await wire.leaving(), [...UPSTREAM_TRAFFIC, { protocol: 'tcp', destination: permitted, destinationPort: 443 }])
  return `${(attempts / seconds).toFixed(0)} connections/s, the slowest ${longestMs.toFixed(0)} ms; ${stormed} attempts at what is forbidden`
}
