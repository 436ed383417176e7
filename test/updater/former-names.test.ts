import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { createFormerNames } from '../../src/updater/former-names.ts'

const source = parseAddress('10.77.0.2')!
const address = parseAddress('192.0.2.1')!
const holder = (number: number) => ({ clientId: 'sandbox', source, name: parseName(`n${number}.example`), address })

test('the latest thousands are remembered, each once, and no more of them than there is room', () => {
  const former = createFormerNames()
  for (let number = 0; number < 40_000; number++) former.note([holder(number), holder(number - (number % 5))])
  const names = [...former.holders()].map(({ name }) => name)
  const known = new Set<string>(names)
  assert.equal(known.size, names.length)
  assert.ok(names.length <= 16_384)
  for (let number = 32_000; number < 40_000; number++) assert.ok(known.has(`n${number}.example`))
})
