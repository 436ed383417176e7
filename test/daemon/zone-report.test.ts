import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createZoneReport } from '../../src/daemon/zone-report.ts'
import type { Logger } from '../../src/log.ts'
import type { Load } from '../../src/zones/loader.ts'

const broken = (message: string): Load => ({
  kind: 'broken',
  problems: [{ file: 'app.zone', line: 3, message, severity: 'error' }],
  standing: undefined,
})

function start(isToldByUpdater: boolean) {
  const said: string[] = []
  const say = (_fields: object, sentence: string) => void said.push(sentence)
  return { report: createZoneReport({ error: say, warn: say } as unknown as Logger, isToldByUpdater), said }
}

test('a resolver by itself tells what is wrong at once, again when a file is written again, and not when all are looked at again', () => {
  const { report, said } = start(false)
  report.note(broken('is no name'), false)
  report.note(broken('is no name'), false)
  assert.deepEqual(said, ['app.zone:3: is no name', 'there is no valid policy: every name is denied until that is mended'])
  report.note(broken('is no name'), true)
  assert.equal(said.length, 4)
})

test('beside an updater, which tells the same, it tells only what that has not found, and once', () => {
  const { report, said } = start(true)
  assert.deepEqual(report.note(broken('is no name'), true).problems, ['app.zone:3: is no name'])
  assert.deepEqual(said, [])
  report.note(broken('cannot be read'), false)
  report.insist()
  report.insist()
  assert.deepEqual(said[0], 'app.zone:3: cannot be read')
  assert.equal(said.length, 2)
})
