// Plain lines are read by their octets. A blank before them has them read as text: both ways say the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseZone } from '../../src/zones/parse.ts'
import { endOfLine, readPlainLine } from '../../src/zones/plain-line.ts'
import { createRandom } from '../support/random.ts'

const LABELS = ['a', 'x-1', '_srv', '0x7f', '1', 'Ab', 'é', 'a'.repeat(63), 'a'.repeat(64), '', '*', '\\046']
const ENDS = [
  '',
  ' ',
  '.',
  ' 443',
  '\t443 8443',
  '  443',
  ' private # why',
  '#comment',
  ' 443 #é',
  ' é',
  '\r',
  ' 443\r',
  '\u00a0443',
  ' nonsense',
  '/24',
]
const COMMON = ['', '', '!', '!!', '*.', '!*.']

test('a line read by its octets says what it says when read as text', () => {
  const random = createRandom(20_261_125)
  let plain = 0
  for (let round = 0; round < 20_000; round++) {
    const labels = Array.from({ length: 1 + random.below(3) }, () =>
      random.below(3) === 0 ? random.pick(LABELS) : random.pick(LABELS.slice(0, 3)),
    )
    const line = `${random.pick(COMMON)}${labels.join('.')}${random.below(2) === 0 ? '.example' : ''}${random.pick(ENDS)}`
    if (isPlain(line)) plain++
    assert.deepEqual(read(line), read(` ${line}`), JSON.stringify(line))
  }
  assert.ok(plain > 3_000 && plain < 17_000, `${plain} plain lines`)
})

test('names as a person writes them keep their spelling in the text of the entry', () => {
  const { zone } = parseZone('Api.Example.  443   8443 # x\n!bücher.example\n!evil.example # y\n', { file: 'a.zone', tier: undefined })
  assert.deepEqual(
    Array.from(zone!.names, ({ name, text }) => [name, text]),
    [
      ['api.example', 'Api.Example. 443 8443'],
      ['xn--bcher-kva.example', '!bücher.example'],
      ['evil.example', '!evil.example'],
    ],
  )
})

test('an entry is the same value each time it is asked for', () => {
  const { zone } = parseZone('a.example\nb.example\n', { file: 'a.zone', tier: undefined })
  const { names } = zone!
  assert.equal([...names][1], names.at(1))
})

function read(line: string) {
  const { zone, problems } = parseZone(`first.example 22\n${line}\n${line}\nlast.example`, { file: 'a.zone', tier: undefined })
  return { problems, names: zone && [...zone.names], prefixes: zone?.prefixes }
}

function isPlain(line: string): boolean {
  const octets = Buffer.from(line)
  return readPlainLine(octets, 0, endOfLine(octets, 0), { isDeny: false, from: 0, to: 0, end: 0 })
}
