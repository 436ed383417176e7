// The corpus from inside a sandbox that somebody else made, towards a far side that somebody else runs.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Expedition } from '../../src/doctor/prove/expedition.ts'
import type { Arrival } from '../../src/doctor/prove/listen.ts'
import { FAR, farWords, TOKEN, whileListening } from '../support/prove-far.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { startForward } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const LEAST_ATTACKS = 60
const world = await createWorld(['open.example. 300 IN A 192.0.2.10'])
after(() => world.close())
const { alpha, gateway, internet } = world

function setOut(...words: readonly string[]): Expedition {
  const inside = words.includes('--sandbox') ? gateway : alpha.namespace
  return JSON.parse(inside.run(farWords(...words))) as Expedition
}

function titlesOf(arrivals: readonly Arrival[]): readonly string[] {
  return arrivals.map(({ group, name }) => `${group}: ${name}`).toSorted()
}

test('without a guard every attack that is made arrives, and the rest says why it was left out', async () => {
  let made: readonly string[] = []
  const { status, arrivals } = await whileListening(internet, () => {
    const expedition = setOut()
    made = expedition.made
    assert.ok(made.length >= LEAST_ATTACKS, `${made.length} attacks`)
    assert.ok(expedition.left.every(({ reason }) => reason !== ''))
  })
  // An authoritative server has TCP port 53 of the far side, so that nobody accepts there.
  assert.deepEqual(
    titlesOf(arrivals),
    made.filter((title) => !/^foreign dns: tcp(-ipv6)?$/.test(title)),
  )
  assert.equal(status, 1)
})

test('behind the guard none arrives, from inside the sandbox or entered from outside', async () => {
  const sallyport = await startForward(world, { zones: { 'app.zone': 'open.example\n' } })
  const { status, arrivals } = await whileListening(internet, () => {
    assert.ok(setOut().made.length >= LEAST_ATTACKS)
    assert.ok(setOut('--sandbox', String(alpha.agent.pid)).made.length >= LEAST_ATTACKS)
  })
  await sallyport.stop()
  assert.deepEqual(arrivals, [])
  assert.equal(status, 0)
})

test('what is missing is said: a token, root, an address', () => {
  const refused = (...words: readonly string[]): string => {
    try {
      return alpha.namespace.run([PROGRAM, 'prove', ...words])
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.match(refused('--far', FAR[0]), /--far needs the --token that "sallyport prove --far-side" names/)
  assert.match(refused('--far', 'example.org', '--token', TOKEN), /--far: expected an address, got "example.org"/)
  assert.match(refused('--far', FAR[0], FAR[0], '--token', TOKEN), /one address of each family/)
  assert.match(refused('--far', FAR[0], '--token', 'xyz'), /expected eight hexadecimal digits/)
})
