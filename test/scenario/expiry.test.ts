// An entry's day ends while everything runs: nobody writes a file, and what only that entry held closes within a second.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VARIABLE } from '../support/moved-clock.ts'
import { endOf, flows, listenTo, PUSHING, servePushing } from '../support/pushing.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const WITHIN_MS = 1_000
/** What is begun before the day ends needs that long. */
const AHEAD_MS = 1_500
const world = await createWorld([
  'first.example. 300 IN A 192.0.2.40',
  'second.example. 300 IN A 192.0.2.41',
  'lasting.example. 300 IN A 192.0.2.40',
])
after(() => world.close())
const { alpha } = world
await servePushing(world)

const zoneOf = (lastDay: string) =>
  `first.example tcp/${PUSHING} until=${lastDay}\nsecond.example tcp/${PUSHING} until=2040-01-02\nlasting.example tcp/443\n`
const clock = join(world.folder, 'clock')
setClock('2040-01-01T12:00:00Z')
const preload = fileURLToPath(new URL('../support/moved-clock.ts', import.meta.url))
const sallyport = await startForward(world, {
  zones: { 'app.zone': zoneOf('2040-01-01') },
  through: ['env', `${VARIABLE}=${clock}`, `NODE_OPTIONS=--import=${preload}`],
})
after(() => sallyport.stop())

function setClock(moment: string): void {
  writeFileSync(clock, String(Date.parse(moment) - Date.now()))
}

/** Sets the clock shortly before that midnight; returns when it will be (`performance.now`). */
function waitFor(midnight: string): number {
  setClock(new Date(Date.parse(midnight) - AHEAD_MS).toISOString())
  return performance.now() + AHEAD_MS
}

test('a day ends: the open connection of its entry ends within a second, its neighbour on the same address flows on, the next query says that the entry has expired', async (t) => {
  const doomed = await listenTo(alpha, 'first.example')
  const address = await assertReachable(alpha, 'lasting.example')
  const neighbour = await alpha.agent.call('openFlow', { address, port: 443 })
  const midnight = waitFor('2040-01-02T00:00:00Z')
  assert.ok(await flows(alpha, doomed), 'the day has not ended')
  const milliseconds = (await endOf(alpha, doomed)) - midnight
  t.diagnostic(`ended ${milliseconds.toFixed(0)} ms after the day`)
  assert.ok(milliseconds < WITHIN_MS)
  assert.notEqual(await alpha.reach(address, PUSHING), 'connected')
  assert.equal(await alpha.agent.call('talk', { flow: neighbour, line: 'still here' }), 'still here')
  const { rcode, edeText } = await alpha.ask('first.example')
  assert.deepEqual([rcode, edeText], ['NXDOMAIN', 'the rule for this name has expired'])

  sallyport.writeZone('app.zone', zoneOf('2040-12-31'))
  await eventually('allowed again, it works at the next query', async () => (await alpha.ask('first.example')).answers.length > 0, 1_000)
  assert.equal(await alpha.reach(address, PUSHING), 'connected')
})

test('the resolver stands still as a day ends: the updater closes all the same', async (t) => {
  const doomed = await listenTo(alpha, 'second.example')
  const resolver = sallyport.part('resolver')!
  process.kill(resolver, 'SIGSTOP')
  try {
    const midnight = waitFor('2040-01-03T00:00:00Z')
    const milliseconds = (await endOf(alpha, doomed)) - midnight
    t.diagnostic(`ended ${milliseconds.toFixed(0)} ms after the day`)
    assert.ok(milliseconds < WITHIN_MS)
    assert.notEqual(await alpha.reach('192.0.2.41', PUSHING), 'connected')
  } finally {
    process.kill(resolver, 'SIGCONT')
  }
})
