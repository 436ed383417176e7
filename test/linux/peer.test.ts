import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SystemError } from '../../src/linux/error.ts'
import { peerCredentials } from '../../src/linux/peer.ts'

test('the kernel tells who is at the other end of a Unix socket, while it is open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-peer-'))
  const server = createServer().listen(join(folder, 'socket'))
  await once(server, 'listening')
  const client = connect(join(folder, 'socket'))
  const [accepted] = (await once(server, 'connection')) as [Socket]
  assert.deepEqual(peerCredentials(accepted), { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() })
  client.destroy()
  accepted.destroy()
  await once(accepted, 'close')
  assert.throws(() => peerCredentials(accepted), SystemError)
  server.close()
  rmSync(folder, { recursive: true })
})
