import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertRefused, startForward } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const COUNT = 1_000

/** Half of the names have an IPv4 address each, half an IPv6 address: no name can profit from another's lease. */
const names = Array.from({ length: COUNT }, (_, index) => `n${index}.${index % 2 ? 'wild' : 'listed'}.example`)
const addressOf = (index: number): string => {
  if (index % 2) return `2001:db8:1::${index.toString(16)}`
  const host = index / 2
  return host < 250 ? `192.0.2.${host + 1}` : `203.0.113.${host - 250 + 1}`
}

const world = await createWorld(names.map((name, index) => `${name}. 300 IN ${index % 2 ? 'AAAA' : 'A'} ${addressOf(index)}`))
after(() => world.close())
const listed = names.filter((name) => name.endsWith('.listed.example'))
const sallyport = await startForward(world, { zones: { 'app.zone': `${listed.join('\n')}\n*.wild.example\n` } })
after(() => sallyport.stop())

test('before the lookup the address of an allowed name is refused in under 50 ms, in both families', async () => {
  for (const index of [0, 1, 2, 3, 998, 999]) await assertRefused(world.alpha.agent, addressOf(index))
})

test('a thousand allowed names are each resolved and connected to with no delay between, and all succeed', async (t) => {
  const start = performance.now()
  const visits = await world.alpha.agent.call('visit', { names, port: 443, parallel: 16 })
  const seconds = (performance.now() - start) / 1000
  assert.deepEqual(visits.filter(({ outcome }) => outcome !== 'connected').slice(0, 5), [])
  assert.equal(visits.length, COUNT)
  const times = visits.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  t.diagnostic(
    `lookup and connection: median ${times[COUNT / 2]!.toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms, ${(COUNT / seconds).toFixed(0)} names/s`,
  )
})

test('after it another port of the same address is still refused', async () => {
  for (const index of [0, 1]) await assertRefused(world.alpha.agent, addressOf(index), 80)
})

test('after it another sandbox that has not asked is still refused', async () => {
  for (const index of [0, 1, 998, 999]) await assertRefused(world.beta.agent, addressOf(index))
})

test('once the other sandbox has asked as well it is let through', async () => {
  const visits = await world.beta.agent.call('visit', { names: names.slice(0, 20), port: 443, parallel: 4 })
  assert.deepEqual([...new Set(visits.map(({ outcome }) => outcome))], ['connected'])
})
