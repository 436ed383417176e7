// RFC 8482: ANY is never forwarded and never a means of amplification.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['www.example types=TXT'],
  records: ['www.example. 300 IN A 192.0.2.1', 'www.example. 300 IN TXT "text"'],
})
after(() => rig.close())

test('ANY of an allowed name is NODATA, small, and asks nobody', async () => {
  for (const transport of ['+notcp', '+tcp']) {
    const printed = await rig.dig('www.example', 'ANY', transport)
    assert.match(printed, /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/)
    assert.ok(Number(/MSG SIZE {2}rcvd: (\d+)/.exec(printed)?.[1]) < 250)
  }
  assert.equal(rig.resolver.counters.forwarded, 0)
})

test('ANY of a denied name is denied', async () => {
  assert.match(await rig.dig('denied.example', 'ANY', '+notcp'), /status: NXDOMAIN/)
})
