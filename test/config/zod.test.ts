import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { test } from 'node:test'
import { z } from '../../src/config/zod.ts'

test('of the languages that zod speaks English alone is loaded', () => {
  const languages = Object.values(createRequire(import.meta.url).cache)
    .map((module) => module?.filename ?? '')
    .filter((file) => basename(dirname(file)) === 'locales')
  assert.deepEqual(
    languages.map((file) => basename(file)),
    ['en.cjs'],
  )
  assert.equal(z.string().safeParse(1).error?.issues[0]?.message, 'Invalid input: expected string, received number')
})
