// Whoever takes too much is told so, is named in the log, and takes nothing from anybody else.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NAMES = Array.from({ length: 60 }, (_, index) => `n${index}.example`)
const world = await createWorld([...NAMES.map((name, index) => `${name}. 300 IN A 192.0.2.${index + 1}`)])
after(() => world.close())
const { alpha, beta } = world
const sallyport = await startForward(world, {
  zones: { 'app.zone': '*.example\n' },
  updater: { limits: { leasesPerClient: 50, flowsPerClient: 40 }, use: { surveySeconds: 1 } },
})
after(() => sallyport.stop())

test('a sandbox that has all the leases it may gets SERVFAIL for more, the log names it, and its neighbour notices nothing', async () => {
  const replies = await Promise.all(NAMES.map((name) => alpha.ask(name)))
  const served = replies.filter(({ rcode }) => rcode === 'NOERROR').length
  assert.equal(served, 50)
  const refused = replies.find(({ rcode }) => rcode === 'SERVFAIL')!
  assert.deepEqual(refused.ede, [14])
  const line = await sallyport.logged(/could not be opened/)
  assert.match(line, new RegExp(`${alpha.address4.replaceAll('.', '\\.')}.*leases: the limit of one client`))
  for (const name of NAMES.slice(0, 40)) assert.equal((await beta.ask(name)).rcode, 'NOERROR')
})

test('a sandbox that has all the flows it may is refused more at once, the log names it, its neighbour connects, and room is made by closing', async () => {
  const flows: number[] = []
  for (let flow = 0; flow < 40; flow++) flows.push(await alpha.agent.call('openFlow', { address: '192.0.2.1', port: 443 }))
  assert.equal(await alpha.reach('192.0.2.1'), 'ECONNREFUSED')
  assert.equal(await beta.reach('192.0.2.1'), 'connected')
  assert.equal(await alpha.agent.call('talk', { flow: flows[0]!, line: 'goes on' }), 'goes on')
  assert.match(await sallyport.logged(/as many flows as it may/), new RegExp(alpha.address4.replaceAll('.', '\\.')))
  for (const flow of flows) await alpha.agent.call('closeFlow', { flow })
  await eventually('there is room again', async () => (await alpha.reach('192.0.2.1')) === 'connected')
})
