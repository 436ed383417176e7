import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEADER_OCTETS } from '../../src/dns/header.ts'
import { parseName } from '../../src/dns/name.ts'
import { composeQuery } from '../../src/upstream/question.ts'

const LONGEST = `${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(61)}`
const QUERIES = 64

test('every letter of a name may take either case, in the longest name too', () => {
  for (const text of ['a', 'a.b', LONGEST, `${'\\010'.repeat(20)}a.${'a'.repeat(63)}`]) {
    const question = { name: parseName(text), type: 1, dnssecOk: false }
    const queries = Array.from({ length: QUERIES }, () => composeQuery(question, { id: 1, randomizeCase: true, edns: false }))
    const end = queries[0]!.length - 4
    for (let at = HEADER_OCTETS; at < end; at++) {
      const seen = new Set(queries.map((query) => query[at]!))
      const isLetter = seen.has(0x61) || seen.has(0x41) || seen.has(0x62) || seen.has(0x42)
      assert.equal(seen.size, isLetter ? 2 : 1, `octet ${at} of ${text}`)
    }
  }
})
