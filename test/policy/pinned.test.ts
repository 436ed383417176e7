import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import { policyOf, START } from '../resolver/world.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Decides once by the only entry of a policy that nobody has afterwards. */
function usedRule(): WeakRef<object> {
  const { view } = policyOf(['*.example']).clientAt(parseAddress('198.51.100.7')!)
  const verdict = decideName(view, parseName('www.example'), START)
  assert.ok(verdict.kind === 'allow')
  return new WeakRef(verdict.rules[0]!)
}

test('a policy that is replaced leaves none of its entries behind', async () => {
  const rule = usedRule()
  await new Promise(setImmediate)
  gc()
  assert.equal(rule.deref(), undefined)
})
