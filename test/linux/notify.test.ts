import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SystemError } from '../../src/linux/error.ts'
import { notifyManager } from '../../src/linux/notify.ts'
import { listenAsManager } from '../support/manager.ts'

test('a message reaches the manager at a path, and at an abstract name', (t) => {
  const folder = mkdtempSync(join(tmpdir(), `sallyport-test-${process.pid}-`))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of [join(folder, 'notify'), `@sallyport-test-${process.pid}`]) {
    const manager = listenAsManager(name)
    notifyManager(name, 'READY=1')
    assert.equal(manager.receive(), 'READY=1', name)
    manager.close()
  }
})

test('where nobody listens, that is an error that names the call', () => {
  assert.throws(
    () => notifyManager('/nonexistent/notify', 'READY=1'),
    (error) => error instanceof SystemError && error.code === 'ENOENT',
  )
})
