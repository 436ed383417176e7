// RFC 8914: what a denial or failure tells those who sent EDNS.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['inside.example', 'www.example', '!shut.example', `late.example until=${Date.UTC(2025, 0, 1)}`],
  records: ['inside.example. 300 IN A 10.0.0.1', 'www.example. 300 IN A 192.0.2.1'],
})
after(() => rig.close())

const REASONS: [readonly string[], RegExp][] = [
  [['denied.example'], /EDE: 15 \(Blocked\): \(no rule allows this name\)/],
  [['shut.example'], /EDE: 15 \(Blocked\): \(a rule denies this name\)/],
  [['late.example'], /EDE: 15 \(Blocked\): \(the rule for this name has expired\)/],
  [['www.example', 'TXT'], /EDE: 15 \(Blocked\): \(this record type is not allowed\)/],
  [['inside.example'], /EDE: 15 \(Blocked\): \(every address of this name is one that may not be opened\)/],
]
for (const [words, expected] of REASONS)
  test(`${words.join(' ')}: ${expected.source.replaceAll('\\', '')}`, async () => {
    assert.match(await rig.dig(...words), expected)
    assert.doesNotMatch(await rig.dig(...words, '+noedns'), /EDE/)
  })

test('kdig reads it too', async () => {
  assert.match(await rig.kdig('denied.example', '+edns'), /EDE: 15 \(Blocked\): 'no rule allows this name'/)
})

test('the text can be turned off, the code stays', async () => {
  const curt = await startRigElsewhere()
  const printed = await curt.dig('denied.example')
  assert.match(printed, /EDE: 15 \(Blocked\)/)
  assert.doesNotMatch(printed, /no rule/)
  await curt.close()
})

async function startRigElsewhere() {
  await rig.server.setEndpoints([])
  return startRig({ entries: [], options: { explain: false } })
}
