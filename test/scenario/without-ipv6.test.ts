// Hosts on which IPv6 is switched off, by sysctl and at boot, and interfaces of which some have it and some have not.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Agent, startAgent } from '../support/agent-client.ts'
import type { Namespace } from '../support/namespace.ts'
import { type Sallyport, startSallyport } from '../support/sallyport.ts'
import { askThrough } from '../support/sandbox.ts'
import { answersDenials, assertReachable, assertRefused, clientsOf } from '../support/scenario.ts'
import { addAddresses, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, type World } from '../support/world.ts'

const WITHOUT_IPV6 = [process.execPath, fileURLToPath(new URL('../support/without-ipv6.ts', import.meta.url))]
let world: World
let sallyport: Sallyport | undefined
let onGateway: Agent

beforeEach(async () => {
  world = await createWorld(['open.example. 300 IN A 192.0.2.10', 'open.example. 300 IN AAAA 2001:db8:1::10'])
  onGateway = startAgent(world.gateway)
})
afterEach(async () => {
  await sallyport?.stop()
  sallyport = undefined
  await onGateway.close()
  await world.close()
})

function switchOff(namespace: Namespace, device = 'all'): void {
  namespace.run(['sh', '-ec', `echo 1 > /proc/sys/net/ipv6/conf/${device}/disable_ipv6`])
}

async function start(updater: { readonly guard: string } & Record<string, unknown>, through: readonly string[] = []): Promise<Sallyport> {
  const isForward = updater.guard === 'forward'
  const ask = (name: string) =>
    isForward ? world.alpha.ask(name, 'A', { timeoutMs: 500 }) : askThrough(onGateway, name, 'A', { server: '127.0.0.1', timeoutMs: 500 })
  sallyport = await startSallyport({
    namespace: world.gateway,
    folder: world.folder,
    settings: { clients: isForward ? clientsOf(world) : {}, resolver: { upstreams: [UPSTREAM4] }, updater },
    zones: { 'app.zone': 'open.example\n' },
    through,
    ready: () => answersDenials(ask),
  })
  return sallyport
}

/** What the operator is told. */
function assertSaid({ cli }: Sallyport, listening: RegExp): void {
  assert.match(cli('status').stdout, listening)
  assert.match(cli('doctor', '--no-rehearsal').stdout, /^good +IPv6: is switched off here$/m)
}

const HOSTS = { 'by sysctl': [], 'at boot': WITHOUT_IPV6 } as const

for (const [how, through] of Object.entries(HOSTS)) {
  for (const owner of ['auto', 'off'])
    test(`guard forward, owner ${owner}, where IPv6 is switched off ${how}: it starts, guards, and says that it is off`, async () => {
      switchOff(world.gateway)
      const running = await start({ guard: 'forward', interfaces: ['sbx*'], owner }, through)
      await assertReachable(world.alpha, 'open.example')
      await assertRefused(world.alpha.agent, '192.0.2.11')
      assertSaid(running, /listening on 127\.0\.0\.1:53, 10\.77\.1\.1:53, 10\.77\.2\.1:53, for/)
      await running.stop()
      assert.equal(running.cli('down').status, 0)
    })

  test(`guard output where IPv6 is switched off ${how}: it starts, guards, and says that it is off`, async () => {
    switchOff(world.gateway)
    const running = await start({ guard: 'output' }, through)
    const { answers } = await askThrough(onGateway, 'open.example', 'A', { server: '127.0.0.1' })
    assert.deepEqual(answers, ['A 192.0.2.10'])
    assert.equal((await onGateway.call('connect', { address: '192.0.2.10', port: 443 })).outcome, 'connected')
    await assertRefused(onGateway, '192.0.2.11')
    assertSaid(running, /listening on 127\.0\.0\.1:53, for/)
  })
}

test('of two interfaces one has no IPv6: the other is guarded in both families, and so is the first when it comes', async () => {
  const { alpha, beta, gateway } = world
  switchOff(gateway, 'sbx2')
  await start({ guard: 'forward', interfaces: ['sbx*'] })
  for (const type of ['A', 'AAAA'] as const) await assertReachable(alpha, 'open.example', type)
  await assertReachable(beta, 'open.example')
  await assertRefused(alpha.agent, '2001:db8:1::11')
  gateway.run(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv6/conf/sbx2/disable_ipv6'])
  addAddresses(gateway, 'sbx2', [`${beta.gateway6}/64`])
  const over6 = { server: beta.gateway6, timeoutMs: 300 }
  await eventually('it is answered over IPv6', async () => (await beta.ask('open.example', 'AAAA', over6)).rcode === 'NOERROR')
  assert.equal(await beta.reach('2001:db8:1::10'), 'connected')
  await assertRefused(beta.agent, '2001:db8:1::11')
})
