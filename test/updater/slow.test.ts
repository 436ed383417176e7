// A kernel that others keep busy: our transactions wait behind theirs.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../../src/log.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, listSet, startRig } from './rig.ts'

enterPrivateNamespace()

const BUSY = fileURLToPath(new URL('busy-kernel.ts', import.meta.url))
const ELEMENTS = 300_000

test('an address that the kernel takes long to open is open when it is said to be, the delay is counted, and the log tells what waited and for whom', async (t) => {
  const warnings: object[] = []
  const log = { info: () => {}, error: () => {}, warn: (fields: object) => warnings.push(fields) } as unknown as Logger
  const { connect, updater } = await startRig(t, { zone: '*.example\n', log })
  const peer = await connect()
  await peer.open({ name: 'before.example', addresses: ['192.0.2.1'] })
  const busy = spawn(process.execPath, [BUSY, String(ELEMENTS)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(busy, 'exit')
  await once(busy.stdout, 'data')
  busy.stdin.write('go\n')
  await once(busy.stdout, 'data')
  let asked = 0
  const waited = await eventually('something waits', async () => {
    const start = performance.now()
    const [reply] = await peer.open({ name: `n${++asked}.example`, addresses: [`203.0.${asked >> 8}.${asked & 255}`] })
    assert.equal(reply?.kind, 'open')
    return updater.status().counters.slowWrites > 0 && performance.now() - start
  })
  assert.ok(listSet().some(({ key }) => key === `${CLIENT} . 203.0.${asked >> 8}.${asked & 255} . 6 . 443`))
  t.diagnostic(`opened after ${waited.toFixed(0)} ms`)
  const [warning] = warnings as { what: string; client: string; name: string; milliseconds: number }[]
  assert.deepEqual([warning?.what, warning?.client, warning?.name], ['open', CLIENT, `n${asked}.example`])
  assert.ok(warning!.milliseconds >= 250)
  await ended
  assert.equal((await peer.open({ name: 'after.example', addresses: ['192.0.2.3'] }))[0]?.kind, 'open')
  assert.equal(updater.status().counters.slowWrites, 1)
})
