// A zone file that is valid for a moment, and broken afterwards: of the two processes one may have read it then, and the other not.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'first.example. 300 IN A 192.0.2.40',
  'second.example. 300 IN A 192.0.2.41',
  'third.example. 300 IN A 192.0.2.42',
  'gone.example. 300 IN A 192.0.2.43',
])
after(() => world.close())
const { alpha } = world
const sallyport = await startForward(world, {
  zones: { 'brief.zone': 'gone.example\n', 'others.zone': 'first.example\nsecond.example\nthird.example\n' },
})
after(() => sallyport.stop())

/** The warning is how the updater tells that it has read the file. */
const TAKEN_BACK = '$TIER base\n!gone.example\n*.github.io\n'

test('what the updater alone has read before a file broke keeps no name of others from being opened, and what it takes back is not', async () => {
  await assertReachable(alpha, 'first.example')
  const resolver = sallyport.part('resolver')!
  process.kill(resolver, 'SIGSTOP')
  try {
    sallyport.writeZone('brief.zone', TAKEN_BACK)
    await sallyport.logged(/brief\.zone:3: /)
    await sallyport.logged(/the policy in force has changed/)
    sallyport.writeZone('brief.zone', 'gone.example nonsense\n')
    await sallyport.logged(/brief\.zone:1: .*nonsense/)
  } finally {
    process.kill(resolver, 'SIGCONT')
  }
  const failures = () => sallyport.cli('status').stdout.match(/last reload failed/g)?.length
  await eventually('both tell of the broken file', () => failures() === 2, 10_000)
  await eventually('a name of others is answered', async () => (await alpha.ask('second.example')).answers.length > 0, 10_000)
  await assertReachable(alpha, 'second.example')
  assert.deepEqual((await alpha.ask('gone.example')).answers, [])
  sallyport.writeZone('brief.zone', TAKEN_BACK)
  await eventually('it is mended', () => failures() === undefined, 10_000)
  await assertReachable(alpha, 'third.example')
})
