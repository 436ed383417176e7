// Whoever takes too much is told so, is named in the log, and takes nothing from anybody else.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { inNamespace } from '../support/netns.ts'
import { type RawPacket, sendRaw, udpPacket } from '../support/raw.ts'
import { startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NAMES = Array.from({ length: 60 }, (_, index) => `n${index}.example`)
const world = await createWorld([...NAMES.map((name, index) => `${name}. 300 IN A 192.0.2.${index + 1}`)])
after(() => world.close())
const { alpha, beta, gateway } = world
const sallyport = await startForward(world, {
  zones: { 'app.zone': '*.example\n' },
  updater: { limits: { leasesPerClient: 50, flowsPerClient: 40, dnsFlowsPerSecond: 100 }, use: { surveySeconds: 1 } },
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

test('a sandbox that floods with DNS from ever new ports, addresses and to ever new servers takes no more of connection tracking than it may, and its neighbour notices nothing', async () => {
  const packets = Array.from({ length: 4_000 }, (_, index): RawPacket => {
    const [low, high] = [index & 255, index >> 8]
    const ends =
      index % 2 === 0
        ? { source: `10.77.1.${2 + (low % 250)}`, destination: `192.0.2.${high}` }
        : { source: `fd77:1::${(index + 3).toString(16)}`, destination: `2001:db8:1::${high.toString(16)}` }
    return udpPacket(ends, 53, 'no question', 10_000 + index)
  })
  const start = performance.now()
  sendRaw(alpha.namespace, ...packets)
  assert.equal((await beta.ask('n1.example')).rcode, 'NOERROR')
  const conntrack = inNamespace(gateway, openConntrack)
  const entries = ([4, 6] as const)
    .flatMap((family) => conntrack.flows(family))
    .filter(({ sourcePort }) => sourcePort >= 10_000 && sourcePort < 14_000)
  conntrack.close()
  const most = 100 + (100 * (performance.now() - start)) / 1000
  assert.ok(entries.length >= 90 && entries.length <= most, `${entries.length} entries, ${most} at most`)
  await eventually('it is answered again itself', async () => (await alpha.ask('n1.example', 'A', { timeoutMs: 500 })).rcode === 'NOERROR')
})
