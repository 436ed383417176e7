import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { jsonSchema } from '../../src/config/schema.ts'

test('the published JSON Schema is current; `node src/config/publish.ts` writes it', () => {
  const published: unknown = JSON.parse(readFileSync(new URL('../../src/config/sallyport.schema.json', import.meta.url), 'utf8'))
  assert.deepEqual(published, jsonSchema())
})
