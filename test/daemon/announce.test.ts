// A part that a service manager has started: ready when it serves, and alive from then on.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listenAsManager } from '../support/manager.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { eventually } from '../support/wait.ts'

const KEPT = {
  resolver: ['udp', 'tcp'].map((transport) => `FDSTORE=1\nFDPOLL=0\nFDNAME=${transport} 127.0.0.1 5399`),
  updater: [],
}
for (const part of ['resolver', 'updater'] as const) {
  test(`${part}: hands over what it listens on, READY=1 once it serves, then WATCHDOG=1 again and again, at half the time that the manager allows`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), `sallyport-test-${process.pid}-`))
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'zones'))
    writeFileSync(join(folder, 'zones', 'app.zone'), 'example.org\n')
    const settings = { zones: './zones', state: './state', resolver: { listen: '127.0.0.1:5399', upstreams: '127.0.0.1:9' } }
    writeFileSync(join(folder, 'sallyport.yaml'), JSON.stringify(settings))
    const manager = listenAsManager(join(folder, 'notify'))
    const environment = { ...process.env, NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '400000' }
    chmodSync(manager.socket, 0o777)
    const child = spawn(PROGRAM, [part], { cwd: folder, env: environment, stdio: 'ignore' })
    t.after(async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
      manager.close()
      rmSync(folder, { recursive: true })
    })
    for (const message of [...KEPT[part], 'READY=1', 'WATCHDOG=1', 'WATCHDOG=1']) {
      assert.equal(await eventually(message, manager.receive, 10_000), message)
    }
  })
}
