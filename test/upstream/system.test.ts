import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { formatEndpoint, parseEndpoint } from '../../src/net/endpoint.ts'
import { createDirectory } from '../../src/upstream/directory.ts'
import { readSystemServers } from '../../src/upstream/resolv-conf.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-resolv-'))
after(() => rmSync(folder, { recursive: true }))
const files = { resolvConf: join(folder, 'resolv.conf'), resolvedServers: join(folder, 'resolved.conf') }

function write(resolvConf: string, resolvedServers = ''): void {
  writeFileSync(files.resolvConf, resolvConf)
  writeFileSync(files.resolvedServers, resolvedServers)
}

const servers = () => readSystemServers(files).servers.map(formatEndpoint)

test('every nameserver of resolv.conf is taken in order, of both families', () => {
  write('# comment\nsearch example.org\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 \n;nameserver 192.0.2.9\noptions ndots:1\n')
  assert.deepEqual(servers(), ['192.0.2.1:53', '[2001:db8::1]:53'])
})

test("behind systemd-resolved's stub its own servers are taken", () => {
  write('nameserver 127.0.0.53\n', 'nameserver 192.0.2.7\nnameserver 192.0.2.8\n')
  assert.deepEqual(servers(), ['192.0.2.7:53', '192.0.2.8:53'])
})

test('where the stub has no list of its own, it is a forwarder like any other', () => {
  write('nameserver 127.0.0.53\n')
  assert.deepEqual(servers(), ['127.0.0.53:53'])
})

test('an address with a zone is left out and named', () => {
  write('nameserver fe80::1%eth0\nnameserver 192.0.2.1\n')
  assert.deepEqual(servers(), ['192.0.2.1:53'])
  assert.deepEqual(readSystemServers(files).unusable, ['fe80::1%eth0'])
})

test('without resolv.conf there is nobody to ask', () => {
  rmSync(files.resolvConf)
  assert.deepEqual(servers(), [])
})

test('our own address in resolv.conf is left out, also when we begin to listen there later', () => {
  write('nameserver 127.0.0.1\nnameserver 192.0.2.1\n')
  const skipped: string[] = []
  const directory = createDirectory({
    specs: [{ kind: 'system' }],
    ownEndpoints: [],
    systemFiles: files,
    onSkipped: (reason) => void skipped.push(reason),
  })
  assert.equal(directory.servers.length, 2)
  directory.avoid([parseEndpoint('0.0.0.0:53', 53)!])
  assert.deepEqual(
    directory.servers.map(({ label }) => label),
    ['192.0.2.1:53'],
  )
  assert.deepEqual(skipped, ['upstream 127.0.0.1:53: that is sallyport itself'])
  directory.close()
})

test('a resolv.conf that is replaced takes effect', async () => {
  write('nameserver 192.0.2.1\n')
  const directory = createDirectory({ specs: [{ kind: 'system' }], ownEndpoints: [], systemFiles: files, checkMs: 10, onSkipped: () => {} })
  writeFileSync(`${files.resolvConf}.new`, 'nameserver 192.0.2.2\nnameserver 192.0.2.3\n')
  renameSync(`${files.resolvConf}.new`, files.resolvConf)
  while (directory.servers.length !== 2) await new Promise((later) => setTimeout(later, 5))
  assert.equal(directory.servers[0]!.label, '192.0.2.2:53')
  directory.close()
})
