import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRing } from '../../src/cache/ring.ts'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { parseAddress } from '../../src/net/address.ts'
import { createMemory, type Memory } from '../../src/resolver/memory.ts'
import { policyOf, START } from './world.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const policy = policyOf(['example.org'])

function judged(memory: Memory): WeakRef<object> {
  return new WeakRef(memory.judge(policy.clientAt(parseAddress('10.0.0.1')!), parseName('example.org'), TYPE.A))
}

test('what was judged for a view that no policy has any more is forgotten at once, also for the view that was asked for last', async () => {
  const observer = { onDenied() {}, onScreened() {}, onForwardFailure() {}, onOverspent() {} }
  const memory = createMemory(createRing(1 << 20), { observer, wallClock: () => START })
  const judgement = judged(memory)
  memory.retain(new Set())
  // A WeakRef holds on to its target until the job that made it ends.
  await new Promise((turn) => setImmediate(turn))
  collect()
  assert.deepEqual([judgement.deref(), memory.size], [undefined, 0])
})
