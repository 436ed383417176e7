// What programs make of our answers: getaddrinfo of glibc and of musl, as in containers of a cluster.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRig } from './rig.ts'

const rig = await startRig({
  entries: ['v4.allowed.example', 'both.allowed.example', '*.wild.example', '!shut.wild.example'],
  records: [
    'v4.allowed.example. 300 IN A 192.0.2.1',
    'both.allowed.example. 300 IN A 192.0.2.2',
    'both.allowed.example. 300 IN AAAA 2001:db8::2',
    'open.wild.example. 300 IN CNAME both.allowed.example.',
  ],
})
after(() => rig.close())

const CLUSTER = ['search default.svc.cluster.local svc.cluster.local', 'options ndots:5']

for (const library of ['glibc', 'musl'] as const) {
  for (const [place, lines] of [
    ['plainly', []],
    ['with two search domains and ndots:5', CLUSTER],
  ] as const) {
    test(`${library}, ${place}: a denied name does not exist, and that is known at once`, async () => {
      for (const name of ['denied.example', 'shut.wild.example', 'allowed.example', 'deep.denied.example.org']) {
        const { outcome, milliseconds, addresses } = await rig.lookUp(library, name, lines)
        assert.deepEqual([outcome, addresses], ['no such host', []], name)
        assert.ok(milliseconds < 500, `${name}: ${milliseconds} ms`)
      }
    })

    test(`${library}, ${place}: an allowed name resolves at once, in the families that it has`, async () => {
      for (const [name, expected] of [
        ['v4.allowed.example', ['192.0.2.1']],
        ['both.allowed.example', ['192.0.2.2', '2001:db8::2']],
        ['open.wild.example', ['192.0.2.2', '2001:db8::2']],
      ] as const) {
        const { outcome, milliseconds, addresses } = await rig.lookUp(library, name, lines)
        assert.deepEqual([outcome, [...addresses].sort()], ['found', expected], name)
        assert.ok(milliseconds < 500, `${name}: ${milliseconds} ms`)
      }
    })
  }
}
