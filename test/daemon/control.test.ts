// The control socket, asked over HTTP as scripts ask it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Collection, ControlError, startControl } from '../../src/daemon/control.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-control-'))
const path = join(folder, 'control.sock')
const CLIENTS: Collection = {
  put: async (name, value, by) => ({ name, value, mine: by.pid === process.pid && by.uid === process.getuid!() }),
  remove: async (name) => {
    throw new ControlError(404, `nobody is called ${name}`)
  },
}

function call(method: string, target: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const query = request({ socketPath: path, method, path: target }, (response) => {
      response.setEncoding('utf8')
      let text = `${response.statusCode} `
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve(text.trim()))
    })
    query.on('error', reject)
    query.end(body)
  })
}

test('the control socket', async (t) => {
  const usual = process.umask(0)
  const control = await startControl(path, { '/status': () => ({ fine: true }) }, { '/clients': CLIENTS }).finally(() =>
    process.umask(usual),
  )
  t.after(() => {
    control.close()
    rmSync(folder, { recursive: true })
  })

  await t.test('is for its owner alone, whatever the umask, which it leaves as it was', () => {
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(process.umask(), usual)
  })

  await t.test('answers what it is asked, and says what is wrong with the rest', async () => {
    assert.equal(await call('GET', '/status'), '200 {"fine":true}')
    assert.equal(await call('PUT', '/clients/a', '[1]'), '200 {"name":"a","value":[1],"mine":true}')
    assert.match(await call('DELETE', '/clients/a'), /^404 .*nobody is called a/)
    assert.match(await call('PUT', '/clients/a', '{'), /^400 .*expected JSON/)
    assert.match(await call('POST', '/clients/a'), /^405 /)
    for (const target of ['/constructor', '/clients', '/clients/', '/__proto__/a', '//', '/status/a'])
      assert.match(await call('PUT', target, '{}'), /^404 /, target)
    assert.match(await call('POST', '/status'), /^405 .*takes GET/)
  })

  await t.test('whoever sends too much is told so, and the next call is served', async () => {
    assert.match(await call('PUT', '/clients/a', 'x'.repeat(16 * 1024 * 1024)), /^413 /)
    assert.match(await call('GET', '/status'), /^200 /)
  })
})
