// What is in use stays open beyond its lease, as long as DNS confirms it often enough; what is not closes.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Agent, startAgent } from '../support/agent-client.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { askThrough, reachThrough } from '../support/sandbox.ts'
import { assertReachable, assertRefused, startForward, startLocal } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const RECORDS = ['used.example. 1 IN A 192.0.2.1', 'idle.example. 1 IN A 192.0.2.2', 'mute.example. 1 IN A 192.0.2.3']
const ZONES = { 'app.zone': 'used.example\nidle.example\nmute.example udp/9\n' }
/** A lease of four seconds, looks every half second. */
const QUICK = { lease: { leastTtlSeconds: 1, marginSeconds: 2 } }

const world = await createWorld(RECORDS)
after(() => world.close())
const { alpha, authority } = world

async function withUse(use: Readonly<Record<string, number>>, body: (sallyport: Sallyport) => Promise<void>): Promise<void> {
  const sallyport = await startForward(world, { zones: ZONES, updater: { ...QUICK, use: { surveySeconds: 1, ...use } } })
  try {
    await body(sallyport)
  } finally {
    await authority.publish(RECORDS)
    await sallyport.stop()
    sallyport.cli('down')
  }
}

/** Sends a line and has it back, twice a second for so long. */
async function talkFor(flow: number, milliseconds: number, { agent }: { readonly agent: Agent } = alpha): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await pause(500)) {
    assert.equal(await agent.call('talk', { flow, line: 'on' }), 'on')
  }
}

test('an address in use takes new connections long after its lease, without the client asking; unused and unanswered ones close', async () => {
  await withUse({ reconnectSeconds: 8 }, async (sallyport) => {
    const address = await assertReachable(alpha, 'used.example')
    for (const name of ['idle.example', 'mute.example']) assert.equal((await alpha.ask(name)).rcode, 'NOERROR')
    const flow = await alpha.agent.call('openFlow', { address, port: 443 })
    const muttering = setInterval(() => void alpha.agent.call('exchange', { server: '192.0.2.3', port: 9, hex: '00', timeoutMs: 100 }), 300)
    await talkFor(flow, 8_000).finally(() => clearInterval(muttering))
    assert.equal(await alpha.reach(address), 'connected')
    await assertRefused(alpha.agent, '192.0.2.2')
    // Longer than any lease: the last one was asked for in the background while the flow was busy.
    await pause(6_000)
    assert.equal(await alpha.reach(address), 'connected', 'a client that comes back within the time for it')

    const { updater } = JSON.parse(sallyport.cli('status', '--json').stdout) as { updater: { leases: { name: string }[] } }
    assert.deepEqual([...new Set(updater.leases.map(({ name }) => name))], ['used.example'])
    await alpha.agent.call('closeFlow', { flow })
    await pause(11_000)
    await assertRefused(alpha.agent, address)
  })
})

test('a rotated name is asked again in the background: the new address is open before anybody asks, the old one as long as it was confirmed', async () => {
  await withUse({ reconnectSeconds: 60, confirmedSeconds: 10 }, async () => {
    const old = await assertReachable(alpha, 'used.example')
    const flow = await alpha.agent.call('openFlow', { address: old, port: 443 })
    await authority.publish(['used.example. 1 IN A 192.0.2.77'])
    await Promise.all([
      talkFor(flow, 20_000),
      eventually('the new address is open', async () => (await alpha.reach('192.0.2.77')) === 'connected', 5_000).then(async () => {
        assert.equal(await alpha.reach(old), 'connected')
        await eventually('DNS has not named the old one for too long', async () => (await alpha.reach(old)) !== 'connected', 14_000)
      }),
    ])
    assert.equal(await alpha.agent.call('talk', { flow, line: 'still' }), 'still')
  })
})

test('a killed updater finds out anew what is in use, and has DNS confirm it', async () => {
  await withUse({ reconnectSeconds: 8 }, async (sallyport) => {
    const address = await assertReachable(alpha, 'used.example')
    const flow = await alpha.agent.call('openFlow', { address, port: 443 })
    process.kill(sallyport.part('updater')!, 'SIGKILL')
    await talkFor(flow, 12_000)
    assert.equal(await alpha.reach(address), 'connected')
    await pause(6_000)
    assert.equal(await alpha.reach(address), 'connected')
  })
})

test('guard output: the namespace that is guarded uses and keeps open the same way', async (t) => {
  const agent = startAgent(world.gateway, { uid: 65_534 })
  t.after(() => agent.close())
  const use = { surveySeconds: 1, reconnectSeconds: 8 }
  const sallyport = await startLocal(world, agent, { zones: ZONES, updater: { guard: 'output', ...QUICK, use } })
  try {
    for (const name of ['used.example', 'idle.example']) await askThrough(agent, name, 'A', { server: '127.0.0.1' })
    const flow = await agent.call('openFlow', { address: '192.0.2.1', port: 443 })
    await talkFor(flow, 8_000, { agent })
    assert.equal(await reachThrough(agent, '192.0.2.1', 443), 'connected')
    await assertRefused(agent, '192.0.2.2')
    await pause(6_000)
    assert.equal(await reachThrough(agent, '192.0.2.1', 443), 'connected')
  } finally {
    await sallyport.stop()
    sallyport.cli('down')
  }
})
