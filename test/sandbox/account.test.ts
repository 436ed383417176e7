import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccountant } from '../../src/sandbox/account.ts'

test('nobody is asked to allow all of the machine because the command has looked up what it is called', () => {
  const told: string[] = []
  const { take, account } = createAccountant([], [], ({ destination }) => told.push(destination))
  for (const name of ['host', 'closed.example'])
    take({ event: 'decision', client: 'run', name, type: 'A', verdict: 'deny', reason: 'no-rule', rules: [], revision: '1', addresses: [] })
  assert.deepEqual(told, ['closed.example'])
  assert.deepEqual(
    account().refused.map(({ destination }) => destination),
    ['host', 'closed.example'],
  )
})
