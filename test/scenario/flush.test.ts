import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { assertNothingBut } from '../support/capture.ts'
import { listTables } from '../support/nft.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC, type World } from '../support/world.ts'

/** Addresses that no name stands for: whoever gets through to them gets past the policy. */
const FORBIDDEN = ['192.0.2.200', '203.0.113.200']
const RECORDS = ['open.example. 300 IN A 192.0.2.10', 'open.example. 300 IN AAAA 2001:db8:1::10', 'fresh.example. 300 IN A 192.0.2.11']
const ZONES = { 'app.zone': 'open.example\nfresh.example\n' }

/** What the two names may cause to leave. */
const POLICY = [
  ...UPSTREAM_TRAFFIC,
  ...['192.0.2.10', '192.0.2.11', '2001:db8:1::10'].map((destination) => ({ protocol: 'tcp', destination, destinationPort: 443 }) as const),
]

async function withWorld(owner: 'auto' | 'off', body: (world: World, sallyport: Sallyport) => Promise<void>): Promise<void> {
  const world = await createWorld(RECORDS)
  after(() => world.close())
  const sallyport = await startForward(world, { zones: ZONES, updater: { owner } })
  try {
    await body(world, sallyport)
  } finally {
    await sallyport.stop()
    await world.close()
  }
}

/** Does it while a sandbox tries every way out as fast as it can, and looks at the far side for packets beyond policy. */
async function underAttack(world: World, act: () => Promise<void>): Promise<void> {
  const { alpha } = world
  const wire = await world.capture()
  await alpha.agent.call('startStorm', { addresses: [...FORBIDDEN, '2001:db8:1::200'], port: 443 })
  try {
    await act()
  } finally {
    const attempts = await alpha.agent.call('stopStorm')
    assert.ok(attempts > 20, `only ${attempts} attempts`)
  }
  assertNothingBut(await wire.leaving(), POLICY)
}

for (const owner of ['auto', 'off'] as const) {
  for (const command of ['flush ruleset', 'delete table inet sallyport']) {
    test(`owner: ${owner}: "nft ${command}" by root lets not one packet beyond policy out, and allowed names work again by themselves`, async (t) => {
      await withWorld(owner, async (world) => {
        const { alpha } = world
        await assertReachable(alpha, 'open.example')
        await underAttack(world, async () => {
          const printed = tryNft(world, command)
          t.diagnostic(printed === '' ? 'nft did it' : `nft was refused: ${printed}`)
          const start = performance.now()
          await eventually('an allowed name is answered and connects', async () => {
            const { answers } = await alpha.ask('fresh.example', 'A', { timeoutMs: 500 })
            return answers.length > 0 && (await alpha.reach('192.0.2.11')) === 'connected'
          })
          t.diagnostic(`a new name after ${(performance.now() - start).toFixed(0)} ms`)
          await eventually('the lease from before is back', async () => (await alpha.reach('192.0.2.10')) === 'connected', 2_000)
        })
        for (const address of FORBIDDEN) await assertRefused(alpha.agent, address)
        assert.ok(listTables(world.gateway).includes('inet sallyport'))
      })
    })
  }
}

/** Runs it as another root process would; returns what nft complained of. */
function tryNft(world: World, command: string): string {
  const [program, ...words] = world.gateway.inside(['nft', command])
  const { stderr } = spawnSync(program!, words, { encoding: 'utf8' })
  return stderr.split('\n')[0]!
}

test('owner: off: with the updater halted, whatever one chain another program flushes, nothing beyond policy leaves or reaches the gateway', async (t) => {
  await withWorld('off', async (world, sallyport) => {
    const { alpha, gateway } = world
    const host = startAgent(gateway)
    t.after(() => host.close())
    await host.call('serve', { ports: [9022] })
    await assertReachable(alpha, 'open.example')
    const table = gateway.run(['nft', 'list', 'table', 'inet', 'sallyport'])
    const chains = [...table.matchAll(/^\tchain (\w+)/gm)].map(([, name]) => name!)
    assert.ok(chains.length > 10, chains.join())
    process.kill(sallyport.part('updater')!, 'SIGSTOP')
    try {
      await underAttack(world, async () => {
        for (const chain of chains) {
          gateway.run(['nft', `flush chain inet sallyport ${chain}`])
          const outcomes = [await alpha.reach(FORBIDDEN[0]!), await alpha.reach(alpha.gateway4, 9022)]
          assert.ok(!outcomes.includes('connected'), `${chain}: ${outcomes}`)
          gateway.run(['nft', '-f', '-'], `flush table inet sallyport\n${table}`)
        }
      })
    } finally {
      process.kill(sallyport.part('updater')!, 'SIGCONT')
    }
    await assertReachable(alpha, 'fresh.example')
  })
})
