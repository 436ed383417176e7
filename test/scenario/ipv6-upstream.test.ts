// A gateway whose only way out is IPv6: upstream and sites are reached over it, whatever family clients ask over.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertRefused, startForward } from '../support/scenario.ts'
import { GATEWAY4, GATEWAY6, UPSTREAM6 } from '../support/topology.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'www.example. 300 IN A 192.0.2.10',
  'www.example. 300 IN AAAA 2001:db8:1::10',
  'four.example. 300 IN A 192.0.2.11',
])
after(() => world.close())
const { alpha, beta, gateway } = world
gateway.run(['ip', '-4', 'route', 'del', 'default'])
gateway.run(['ip', '-4', 'address', 'del', `${GATEWAY4}/24`, 'dev', 'wan0'])
const wire = await world.capture()
const sallyport = await startForward(world, {
  zones: { 'app.zone': 'www.example\nfour.example\n' },
  resolver: { upstreams: [UPSTREAM6] },
  clients: { beta: [beta.address6] },
})
after(() => sallyport.stop())

test('clients of both families are answered, asked over IPv4 or IPv6, and reach what has an IPv6 address', async () => {
  assert.deepEqual((await alpha.ask('www.example', 'A')).answers, ['A 192.0.2.10'])
  const { answers } = await alpha.ask('www.example', 'AAAA', { server: alpha.gateway6 })
  assert.deepEqual(answers, ['AAAA 2001:db8:1::10'])
  assert.equal(await alpha.reach('2001:db8:1::10'), 'connected')
  await assertRefused(alpha.agent, '2001:db8:1::99')
})

test('a client that has IPv6 alone is one, too', async () => {
  const over6 = { server: beta.gateway6 }
  assert.deepEqual((await beta.ask('www.example', 'AAAA', over6)).answers, ['AAAA 2001:db8:1::10'])
  assert.equal(await beta.reach('2001:db8:1::10'), 'connected')
  assert.deepEqual((await beta.ask('four.example', 'A', over6)).answers, [])
  assert.equal((await beta.ask('denied.example', 'AAAA', over6)).rcode, 'NXDOMAIN')
})

test('what has an IPv4 address alone is answered, and connecting fails at once: there is no way', async () => {
  await alpha.ask('four.example', 'A')
  await assertRefused(alpha.agent, '192.0.2.11')
})

test('a removed name closes, and nothing of it all left over IPv4', async () => {
  const flow = await alpha.agent.call('openFlow', { address: '2001:db8:1::10', port: 443 })
  sallyport.writeZone('app.zone', 'four.example\n')
  assert.notEqual(await closedWithin(flow), 'still here')
  const sources = new Set((await wire.leaving()).map(({ source }) => source))
  assert.ok(sources.has(GATEWAY6))
  assert.deepEqual(
    [...sources].filter((source) => !source.includes(':')),
    [],
  )
})

async function closedWithin(flow: number): Promise<string> {
  for (let tries = 0; ; tries++) {
    const said = await alpha.agent.call('talk', { flow, line: 'still here' })
    if (said !== 'still here' || tries === 100) return said
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
