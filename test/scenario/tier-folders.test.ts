// Tiers with folders of their own, whose owners do not trust each other: a broken file in the one does not keep what the other takes back.
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Tier } from '../../src/policy/rule.ts'
import { endsAfter, listenTo, PUSHING, servePushing } from '../support/pushing.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'gone.example. 300 IN A 192.0.2.30',
  'denied.example. 300 IN A 192.0.2.31',
  'kept.example. 300 IN A 192.0.2.32',
  'last.example. 300 IN A 192.0.2.33',
])
after(() => world.close())
const { alpha } = world
await servePushing(world)

const zones = { base: join(world.folder, 'base'), app: join(world.folder, 'app') }
for (const folder of Object.values(zones)) mkdirSync(folder)
writeZone('base', `gone.example tcp/${PUSHING}\nlast.example\n`)
writeZone('app', `denied.example tcp/${PUSHING}\nkept.example\n`)
const sallyport = await startForward(world, { zones: {}, settings: { zones } })
after(() => sallyport.stop())

function writeZone(tier: Tier, text: string): void {
  writeFileSync(join(zones[tier], 'next'), text)
  renameSync(join(zones[tier], 'next'), join(zones[tier], 'x.zone'))
}

test('while a file of app is broken, what base takes back or denies closes within a second; app stays as it was, and is told of', async (t) => {
  const [removed, denied] = [await listenTo(alpha, 'gone.example'), await listenTo(alpha, 'denied.example')]
  const kept = await alpha.agent.call('openFlow', { address: await assertReachable(alpha, 'kept.example'), port: 443 })
  writeZone('app', 'broken.example nonsense\n')
  await sallyport.logged(/app\/x\.zone:1: .*nonsense/)
  for (const [flow, text] of [
    [removed, 'last.example\n'],
    [denied, 'last.example\n!denied.example\n'],
  ] as const) {
    const milliseconds = await endsAfter(() => writeZone('base', text), alpha, flow)
    t.diagnostic(`ended ${milliseconds.toFixed(0)} ms after the file was written`)
    assert.ok(milliseconds < 1_000)
  }
  for (const name of ['gone.example', 'denied.example', 'broken.example']) assert.equal((await alpha.ask(name)).rcode, 'NXDOMAIN', name)
  assert.equal(await alpha.agent.call('talk', { flow: kept, line: 'still here' }), 'still here')
  await assertReachable(alpha, 'kept.example')
  const { stdout } = sallyport.cli('status')
  assert.equal(stdout.match(/last reload failed .*\n\s+\S*app\/x\.zone:1: .*nonsense/g)?.length, 2, stdout)
  assert.match(sallyport.cli('check').stdout, /app\/x\.zone:1: .*nonsense/)
})

test('an updater that starts beside a broken app denies everything; what base takes back then is not asked upstream any more', async () => {
  const updater = sallyport.part('updater')!
  process.kill(updater, 'SIGKILL')
  await eventually('another updater', () => ![undefined, updater].includes(sallyport.part('updater')), 5_000)
  await eventually('nothing is opened', async () => (await alpha.ask('last.example')).rcode === 'SERVFAIL', 5_000)
  writeZone('base', '!denied.example\n')
  await eventually('the name is denied', async () => (await alpha.ask('last.example')).rcode === 'NXDOMAIN', 1_000)
  writeZone('app', 'kept.example\n')
  await eventually('mended, it works', async () => (await alpha.ask('kept.example')).answers.length > 0, 2_000)
  await assertReachable(alpha, 'kept.example')
})
