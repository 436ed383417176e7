// RFC 9520: failures are remembered for a short time, so that clients that ask again and again do not storm an upstream in trouble.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

let rcode = 2
const server = await startScriptedServer(({ query, reply }) => reply(answerTo(query, { rcode })))
const rig = await startRig({ entries: ['www.example'], upstream: server.endpoint })
after(async () => {
  await rig.close()
  server.close()
})

test('SERVFAIL of upstream is remembered between one second and five minutes, with an EDE that says so', async () => {
  const printed = await rig.dig('www.example')
  assert.match(printed, /status: SERVFAIL/)
  assert.match(printed, /EDE: 23 \(Network Error\)/)
  assert.match(printed, /AUTHORITY: 0/)
  const asked = server.asked.length
  rcode = 0
  rig.pass(1)
  assert.match(await rig.dig('www.example'), /status: SERVFAIL/)
  assert.equal(server.asked.length, asked)
  rig.pass(299)
  assert.match(await rig.dig('www.example'), /status: NOERROR/)
})
