// The corpus from inside `sallyport run`: what a command without any privilege can make of it, towards a far side outside.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Expedition } from '../../src/doctor/prove/expedition.ts'
import { runConfined, type Who } from '../support/confined.ts'
import { FAR, farWords, whileListening } from '../support/prove-far.ts'
import { createWorld } from '../support/world.ts'

const LEAST_ATTACKS = 60
/** Without privilege the others cannot be made, and user-mode networking carries no odd packets. */
const LEAST_ARRIVALS = 20
const world = await createWorld(['open.example. 300 IN A 192.0.2.10'])
after(() => world.close())

async function setOut(who: Who, flags: readonly string[]): Promise<Expedition> {
  const { stdout, stderr } = await runConfined(world, { who, flags: ['--quiet', ...flags], command: farWords() })
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout) as Expedition
}

for (const who of ['root', 'user'] as const) {
  test(`${who}: of the attacks that can be made inside a run none arrives`, async (t) => {
    let expedition: Expedition | undefined
    const { status, arrivals } = await whileListening(world.internet, async () => {
      expedition = await setOut(who, ['--allow', 'open.example'])
    })
    t.diagnostic(`${expedition!.made.length} attacks; left out: ${[...new Set(expedition!.left.map(({ reason }) => reason))].join('; ')}`)
    assert.ok(expedition!.made.length >= LEAST_ATTACKS, `${expedition!.made.length} attacks`)
    assert.deepEqual(arrivals, [])
    assert.equal(status, 0)
  })

  test(`${who}: where the far side is allowed, they do arrive`, async (t) => {
    const { arrivals } = await whileListening(world.internet, async () => {
      await setOut(
        who,
        FAR.flatMap((address) => ['--allow', `${address} any`]),
      )
    })
    t.diagnostic(`${arrivals.length} arrive`)
    assert.ok(arrivals.length >= LEAST_ARRIVALS, `${arrivals.length}`)
  })
}
