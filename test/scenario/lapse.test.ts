// What is closed lately is judged anew until its flows have ended, and no longer: others on the same address may outlast their lease.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const ADDRESS = '192.0.2.30'
const world = await createWorld([`gone.example. 300 IN A ${ADDRESS}`, `neighbour.example. 4 IN A ${ADDRESS}`])
after(() => world.close())
const { alpha, gateway } = world
const sallyport = await startForward(world, {
  zones: { 'gone.zone': 'gone.example tcp/8443\n', 'app.zone': 'neighbour.example tcp/443\n' },
  updater: { lease: { leastTtlSeconds: 1, marginSeconds: 1 }, use: { reconnectSeconds: 0, surveySeconds: 300 } },
})
after(() => sallyport.stop())

const list = (set: string) => gateway.run(['nft', 'list', 'set', 'inet', 'sallyport', set])

test('a connection whose lease ends shortly after another name of its address was removed goes on', async () => {
  await assertReachable(alpha, 'gone.example', 'A', 8443)
  await assertReachable(alpha, 'neighbour.example')
  const flow = await alpha.agent.call('openFlow', { address: ADDRESS, port: 443 })
  sallyport.removeZone('gone.zone')
  await eventually('it is judged anew', () => Promise.resolve(list('revoked4').includes(ADDRESS)))
  await eventually('the lease has ended', () => Promise.resolve(!list('allow4').includes(ADDRESS)), 8_000)
  assert.equal(await alpha.agent.call('talk', { flow, line: 'still here' }), 'still here')
})
