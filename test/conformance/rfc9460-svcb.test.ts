// RFC 9460: HTTPS and SVCB records never reach a client: no address hint, no ECH key.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['www.example types=TXT'],
  records: [
    'www.example. 300 IN A 192.0.2.1',
    'www.example. 300 IN HTTPS 1 . alpn=h3 ipv4hint=192.0.2.66 ech=AEX+DQ==',
    'www.example. 300 IN SVCB 1 other.example.',
  ],
})
after(() => rig.close())

test('HTTPS and SVCB of an allowed name are NODATA and nobody is asked', async () => {
  for (const type of ['HTTPS', 'SVCB']) assert.match(await rig.dig('www.example', type), /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/)
  assert.deepEqual([rig.resolver.counters.forwarded, rig.kernel.requests.length], [0, 0])
})

test('the address is answered without them', async () => {
  assert.match(await rig.dig('www.example'), /192\.0\.2\.1/)
})
