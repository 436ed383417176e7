import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { createBootstrap } from '../../src/upstream/bootstrap.ts'
import { UpstreamError } from '../../src/upstream/error.ts'
import { composeQuery } from '../../src/upstream/question.ts'
import type { Server } from '../../src/upstream/server.ts'
import { answerTo } from './scripted-server.ts'

const NAME = parseName('dns.example')

test('an address that was known stays known where nobody answers any more, and is asked for each time it has expired', async (t) => {
  let hours = 0
  const now = performance.now.bind(performance)
  t.mock.method(performance, 'now', () => now() + hours * 3_600_000)
  let asked = 0
  let isSilent = false
  const server: Pick<Server, 'exchange'> = {
    exchange(question, _timeoutMs, onMessage) {
      asked++
      if (isSilent) onMessage(new UpstreamError('timeout', 'silent'))
      else onMessage(answerTo(composeQuery(question, { id: 0, randomizeCase: false })))
    },
  }
  const { addressesOf } = createBootstrap(() => [server as Server])
  assert.deepEqual(await addressesOf(NAME), ['192.0.2.1'])
  isSilent = true
  assert.deepEqual([await addressesOf(NAME), asked], [['192.0.2.1'], 2])
  hours = 1
  assert.deepEqual([await addressesOf(NAME), asked], [['192.0.2.1'], 4])
})
