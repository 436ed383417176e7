// RFC 4343: names compare without regard to case, and the client's spelling comes back.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['www.example', '*.wild.example', '\\091odd.example'],
  records: [
    'WWW.Example. 300 IN A 192.0.2.1',
    'a.wild.example. 300 IN A 192.0.2.2',
    '\\[odd.example. 300 IN A 192.0.2.3',
    '\\{odd.example. 300 IN A 192.0.2.4',
  ],
})
after(() => rig.close())

test("any spelling is allowed, answered from one cache entry, and echoed as the client's own", async () => {
  for (const name of ['www.example', 'WWW.EXAMPLE', 'wWw.eXaMpLe']) {
    const printed = await rig.dig(name)
    assert.match(printed, new RegExp(`^;${name.replaceAll('.', '\\.')}\\.`, 'm'))
    assert.match(printed, new RegExp(`^${name.replaceAll('.', '\\.')}\\.\\s+300\\s+IN\\s+A\\s+192\\.0\\.2\\.1`, 'm'))
  }
  assert.equal(rig.resolver.counters.forwarded, 1)
  assert.match(await rig.dig('A.WILD.example'), /192\.0\.2\.2/)
})

test('only letters fold: "[" and "{" are 0x20 apart and two names', async () => {
  assert.match(await rig.dig('\\091odd.example'), /192\.0\.2\.3/)
  assert.match(await rig.dig('\\123odd.example'), /status: NXDOMAIN/)
})
