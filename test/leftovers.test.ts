// Runs last: what all the others may have left behind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leftovers, takeInventory } from './support/inventory.ts'

test('no test has left a namespace, a folder or a process behind', () => {
  assert.deepEqual(leftovers(), [])
})

test("the machine's own tables, routing rules and links are as they were", () => {
  const before = process.env.SALLYPORT_TEST_INVENTORY
  if (before) assert.deepEqual(takeInventory(), JSON.parse(before))
})
