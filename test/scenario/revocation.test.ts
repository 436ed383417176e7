// What the policy takes back ends within a second, connections under way included, and nothing else does.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { BEGUN_MARK } from '../../src/updater/ruleset/common.ts'
import { addFlows, crowd } from '../support/conntrack-crowd.ts'
import { encodeQuestion } from '../support/message.ts'
import { inNamespace } from '../support/netns.ts'
import { endsAfter, flows, listenTo, PUSHING, servePushing } from '../support/pushing.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

/** More than the kernel is asked for one by one. */
const MANY = Array.from({ length: 20 }, (_, index) => `many${index}.example`)
const STEADY = Array.from({ length: 8 }, (_, index) => `steady${index}.example`)
const world = await createWorld([
  'gone.example. 300 IN A 192.0.2.30',
  'neighbour.example. 300 IN A 192.0.2.30',
  'late.example. 300 IN A 192.0.2.31',
  'narrow.example. 300 IN A 192.0.2.32',
  ...MANY.map((name, index) => `${name}. 300 IN A 192.0.2.${index + 50}`),
  ...STEADY.map((name, index) => `${name}. 1 IN A 192.0.2.${index + 1}`),
])
after(() => world.close())
const { alpha, beta } = world
await servePushing(world)

const GONE = `gone.example tcp/${PUSHING}\n`
const ZONES = {
  'gone.zone': `$CLIENTS alpha\n${GONE}`,
  'beta.zone': `$CLIENTS beta\n${GONE}`,
  'app.zone': `neighbour.example tcp/443\nlate.example tcp/${PUSHING}\nnarrow.example tcp/443 tcp/${PUSHING}\n${STEADY.join('\n')}\n`,
}
const sallyport = await startForward(world, { zones: ZONES })
after(() => sallyport.stop())

test('a removed name ends its open connection within a second, though the server keeps sending; neighbours on the same address flow on', async (t) => {
  const doomed = await listenTo(alpha, 'gone.example')
  const others = await listenTo(beta, 'gone.example')
  const address = await assertReachable(alpha, 'neighbour.example')
  const neighbour = await alpha.agent.call('openFlow', { address, port: 443 })
  const milliseconds = await endsAfter(() => sallyport.removeZone('gone.zone'), alpha, doomed)
  t.diagnostic(`ended ${milliseconds.toFixed(0)} ms after the file was removed`)
  assert.ok(milliseconds < 1_000)
  assert.equal(await alpha.agent.call('talk', { flow: neighbour, line: 'still here' }), 'still here')
  assert.ok(await flows(beta, others), 'the other client, to whom the name is still allowed')

  sallyport.writeZone('gone.zone', ZONES['gone.zone'])
  await eventually('allowed again, it works at the next query', async () => (await alpha.ask('gone.example')).answers.length > 0, 1_000)
  assert.equal(await alpha.reach(address, PUSHING), 'connected')
})

test('a port taken from a name ends its connections; those on the ports it keeps go on', async (t) => {
  const doomed = await listenTo(alpha, 'narrow.example')
  const kept = await alpha.agent.call('openFlow', { address: '192.0.2.32', port: 443 })
  const narrower = ZONES['app.zone'].replace(`tcp/443 tcp/${PUSHING}`, 'tcp/443')
  const milliseconds = await endsAfter(() => sallyport.writeZone('app.zone', narrower), alpha, doomed)
  t.diagnostic(`ended ${milliseconds.toFixed(0)} ms after the file was written`)
  assert.ok(milliseconds < 1_000)
  assert.equal(await alpha.agent.call('talk', { flow: kept, line: 'kept' }), 'kept')
})

test('with the resolver halted the updater revokes all the same', async (t) => {
  const doomed = await listenTo(alpha, 'late.example')
  const resolver = sallyport.part('resolver')!
  process.kill(resolver, 'SIGSTOP')
  try {
    const without = ZONES['app.zone'].replace(/^late.*\n/m, '')
    const milliseconds = await endsAfter(() => sallyport.writeZone('app.zone', without), alpha, doomed)
    t.diagnostic(`ended ${milliseconds.toFixed(0)} ms after the file was written`)
    assert.ok(milliseconds < 1_000)
  } finally {
    process.kill(resolver, 'SIGCONT')
  }
})

test('among 200,000 other flows the connection of one of many removed names ends within a second, and who asks meanwhile is answered', async (t) => {
  sallyport.writeZone('many.zone', MANY.map((name) => `${name} tcp/${PUSHING}`).join('\n'))
  await eventually('the names are allowed', async () => (await alpha.ask(MANY.at(-1)!)).answers.length > 0)
  for (const name of MANY) await alpha.ask(name)
  const doomed = await listenTo(alpha, MANY[0]!)
  inNamespace(world.gateway, () => addFlows(crowd(200_000), BEGUN_MARK))
  const queries = STEADY.map((name) => encodeQuestion(name, 'A').toString('hex'))
  await beta.agent.call('startQuerying', { server: beta.gateway4, queries, perSecond: 100 })
  const milliseconds = await endsAfter(() => sallyport.removeZone('many.zone'), alpha, doomed)
  const { sent, answered, longestMs } = await beta.agent.call('stopQuerying', undefined)
  t.diagnostic(
    `ended ${milliseconds.toFixed(0)} ms after the file was removed; the slowest of ${sent} answers after ${longestMs.toFixed(0)} ms`,
  )
  assert.ok(milliseconds < 1_000)
  assert.equal(answered, sent)
  const tracked = () => Number(world.gateway.run(['cat', '/proc/sys/net/netfilter/nf_conntrack_count']))
  assert.ok(tracked() >= 200_000, 'the other flows are still there')
})

test('at 1,000 queries a second and with connections without pause, ten reloads cost not one answer and not one connection', async (t) => {
  const queries = STEADY.map((name) => encodeQuestion(name, 'A').toString('hex'))
  await alpha.agent.call('startQuerying', { server: alpha.gateway4, queries, perSecond: 1_000 })
  await beta.agent.call('startVisiting', { names: STEADY, port: 443, everyMs: 20 })
  for (let reload = 0; reload < 10; reload++) {
    sallyport.writeZone('more.zone', Array.from({ length: 100 }, (_, index) => `more${index}.round${reload}.example`).join('\n'))
    await pause(300)
  }
  const [queried, visits] = [await alpha.agent.call('stopQuerying', undefined), await beta.agent.call('stopVisiting')]
  t.diagnostic(`${queried.answered} answers in ${queried.seconds.toFixed(1)} s, the slowest after ${queried.longestMs.toFixed(0)} ms`)
  assert.deepEqual(queried.others, {})
  assert.equal(queried.answered, queried.sent)
  assert.ok(queried.sent / queried.seconds > 950)
  assert.deepEqual(visits.filter(({ outcome }) => outcome !== 'connected').slice(0, 5), [])
})
