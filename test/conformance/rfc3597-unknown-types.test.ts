// RFC 3597: types that we do not know pass as they are, where the zone file names them.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['odd.example types=TYPE65280,SRV,CAA'],
  records: [
    'odd.example. 300 IN TYPE65280 \\# 5 c00c000102',
    'odd.example. 300 IN TYPE65281 \\# 1 00',
    'odd.example. 300 IN SRV 1 2 443 target.odd.example.',
    'odd.example. 300 IN CAA 0 issue "ca.example"',
  ],
})
after(() => rig.close())

test('RDATA of an unknown type is copied octet by octet, though it looks like a compression pointer', async () => {
  assert.match(await rig.dig('odd.example', 'TYPE65280'), /IN\s+TYPE65280\s+\\# 5 C00C000102/)
})

test('an unknown type that no entry names is NODATA', async () => {
  assert.match(await rig.dig('odd.example', 'TYPE65281'), /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/)
})

test('names in the RDATA of later types come uncompressed and whole', async () => {
  assert.match(await rig.kdig('odd.example', 'SRV'), /SRV\s+1 2 443 target\.odd\.example\./)
  assert.match(await rig.dig('odd.example', 'CAA'), /CAA\s+0 issue "ca\.example"/)
})
