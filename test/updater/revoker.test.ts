// How long what was closed counts as closed lately.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { denyAll, type Policy } from '../../src/policy/policy.ts'
import { createRevoker } from '../../src/updater/revoker.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { SILENT } from '../support/updater-options.ts'

enterPrivateNamespace()

const policyOf = (...names: readonly string[]): Policy => {
  const clients = names.map((name, index) => ({ name, prefixes: [parsePrefix(`10.77.0.${index + 2}`)!] }))
  return denyAll({ clients, guard: 'forward', audit: false, neverOpen: [] })
}

test('what is closed while the flows of something else have just ended is judged anew as long as anything is', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const conntrack = openConntrack()
  t.after(() => conntrack.close())
  let policy = policyOf('alpha', 'beta')
  let settled = 0
  const revoker = createRevoker({
    ...{ conntrack, mark: 1, log: SILENT, wallClock: Date.now, policy: () => policy, egress: () => [] },
    ...{ isOpen: () => false, hasLapsed: () => false, onEnded: () => {}, onLeaving: () => {}, onLeft: () => {} },
    onSettled: () => settled++,
  })
  revoker.pursue()
  for (const next of [policyOf('alpha'), policyOf()]) {
    policy = next
    revoker.pursue()
    await revoker.settled()
    t.mock.timers.tick(600)
  }
  assert.equal(settled, 0)
  t.mock.timers.tick(400)
  assert.equal(settled, 1)
  await revoker.close()
})
