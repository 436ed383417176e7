import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decideName } from '../../src/policy/decide.ts'
import { policyOf, START } from '../resolver/world.ts'

const { view } = policyOf(['*.example', 'one\\046label.example']).clientAt(parseAddress('198.51.100.7')!)
const isAllowed = (name: string) => decideName(view, parseName(name), START).kind === 'allow'

test('a wildcard is about every name below, however deep, and not about its own', () => {
  for (const name of ['a.example', 'a.b.c.example', '_dmarc.a-1.example']) assert.ok(isAllowed(name), name)
  for (const name of ['example', 'aexample', 'example.net', '']) assert.ok(!isAllowed(name), name)
})

test('a wildcard matches labels of letters, digits, "-" and "_" only, wherever they stand; an entry may name any', () => {
  for (const odd of ['*', 'a b', 'a\\.b', 'a\\000b', '\\233'])
    for (const name of [`${odd}.example`, `www.${odd}.example`, `${odd}.www.example`]) assert.ok(!isAllowed(name), name)
  assert.ok(isAllowed('one\\.label.example'))
})
