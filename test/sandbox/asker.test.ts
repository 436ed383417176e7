import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refused } from '../../src/sandbox/account.ts'
import { type AskerOptions, createAsker } from '../../src/sandbox/asker.ts'

function refused(allow: string | null, audited = false): Refused {
  return { destination: allow ?? 'denied.example', port: null, times: 1, audited, allow }
}

/** Questions, each of which waits for an answer. */
function setUp(zone?: AskerOptions['zone']) {
  const asked: string[] = []
  const allowed: string[] = []
  let answer = (_key: string | undefined): void => {}
  const asker = createAsker({
    ask: (text) => {
      asked.push(text)
      return new Promise((resolve) => {
        answer = resolve
      })
    },
    allow: (destination) => allowed.push(destination),
    zone,
  })
  const press = async (key: string | undefined) => {
    answer(key)
    await new Promise(setImmediate)
  }
  return { asker, asked, allowed, press }
}

test('one question at a time, one for each destination, and those that wait are counted', async () => {
  const { asker, asked, allowed, press } = setUp()
  for (const name of ['a.example', 'a.example', 'b.example', 'c.example', 'a.example']) asker.take(refused(name))
  assert.deepEqual(asked.length, 1)
  await press('a')
  await press('r')
  await press('a')
  assert.deepEqual(
    asked.map((text) => text.split(':')[1]),
    [' a.example is refused', ' b.example is refused (1 more)', ' c.example is refused'],
  )
  assert.deepEqual(allowed, ['a.example', 'c.example'])
  asker.take(refused('b.example'))
  assert.equal(asked.length, 3)
})

test('a command that makes names up does not make more questions', async () => {
  const { asker, asked, press } = setUp()
  for (let number = 0; number < 1000; number++) {
    asker.take(refused(`n${number}.example`))
    if (number % 10 === 0) await press('r')
  }
  for (let number = 0; number < 100; number++) await press('r')
  assert.equal(asked.length, 12)
})

test('what cannot be allowed as itself alone is not asked for', () => {
  const { asker, asked } = setUp()
  for (const each of [refused(null), refused('*.example'), refused('a b.example'), refused('a.example', true)]) {
    asker.take(each)
  }
  assert.deepEqual(asked, [])
})

test('what is in the way of the zone file is said, and that key is not offered again', async () => {
  const { asker, asked, allowed, press } = setUp({ file: 'app.zone', allow: () => 'app.zone:\u001b[2J cannot be written' })
  asker.take(refused('a.example:8443'))
  await press('w')
  await press('w')
  assert.deepEqual(asked, [
    'sallyport: a.example:8443 is refused: [a]llow for this run, [w]rite to app.zone, [r]efuse, [s]top asking',
    'sallyport: app.zone:\\u001b[2J cannot be written - a.example:8443 is refused: [a]llow for this run, [r]efuse, [s]top asking',
  ])
  assert.deepEqual(allowed, [])
})

test('after "stop asking", and at the end of the run, nothing is asked', async () => {
  for (const key of ['s', undefined]) {
    const { asker, asked, press } = setUp()
    for (const name of ['a.example', 'b.example']) asker.take(refused(name))
    await press(key)
    asker.take(refused('c.example'))
    assert.equal(asked.length, 1)
  }
})
