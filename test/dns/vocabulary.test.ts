import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseType, TYPE, typeName } from '../../src/dns/vocabulary.ts'

test('types are read and shown by mnemonic, in either case', () => {
  assert.equal(parseType('aaaa'), TYPE.AAAA)
  assert.equal(typeName(TYPE.HTTPS), 'HTTPS')
})

test('types without a mnemonic are TYPEnnn', () => {
  assert.equal(typeName(65_280), 'TYPE65280')
  assert.equal(parseType('TYPE65280'), 65_280)
  assert.equal(parseType('type1'), TYPE.A)
})

test('what is no type is undefined', () => {
  for (const text of ['', 'FOO', 'TYPE', 'TYPE65536', 'TYPE01', 'TYPE-1', 'toString', ' A']) assert.equal(parseType(text), undefined)
})
