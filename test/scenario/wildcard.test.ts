import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { after, test } from 'node:test'
import { createNamespace } from '../support/namespace.ts'
import { startSallyport } from '../support/sallyport.ts'
import { eventually } from '../support/wait.ts'
import { createFolder } from '../support/world.ts'

const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))
const host = createNamespace('wildcard')
after(() => host.remove())
host.run(['ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'peer0'])
for (const device of ['eth0', 'peer0']) host.run(['ip', 'link', 'set', device, 'up'])
for (const address of ['192.0.2.1/24', '192.0.2.2/24', '2001:db8::1/64', '2001:db8::2/64'])
  host.run(['ip', 'address', 'add', address, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : [])])

/** dig takes no reply from an address that it did not ask. Towards one of the host's own addresses the kernel would reply from that. */
function ask(server: string, source: string): string {
  const [program, ...words] = host.inside(['dig', '+tries=1', '+time=1', `@${server}`, '-b', source, 'denied.example', 'A'])
  return spawnSync(program!, words, { encoding: 'utf8' }).stdout
}

const isAnswered = (server: string, source: string): boolean => ask(server, source).includes('status: NXDOMAIN')

const sallyport = await startSallyport({
  namespace: host,
  folder,
  settings: { resolver: { listen: ['0.0.0.0:53', '[::]:53'], upstreams: ['127.0.0.1:5399'] } },
  zones: { 'app.zone': 'www.example\n' },
  ready: async () => isAnswered('127.0.0.1', '127.0.0.1'),
})
after(() => sallyport.stop())

test('a reply comes from the address that was asked, whichever of the host that is', () => {
  for (const [server, source] of [
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.2', '192.0.2.1'],
    ['127.0.0.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::2'],
    ['2001:db8::2', '2001:db8::1'],
    ['::1', '2001:db8::1'],
  ] as const)
    assert.ok(isAnswered(server, source), ask(server, source))
})

test('an address that comes later is listened on, and one that goes takes its listener with it', async () => {
  host.run(['ip', 'address', 'add', '192.0.2.3/24', 'dev', 'eth0'])
  await eventually('the new address answers', () => isAnswered('192.0.2.3', '192.0.2.1'))
  host.run(['ip', 'address', 'delete', '192.0.2.3/24', 'dev', 'eth0'])
  await eventually('its listener is gone', () => !host.run(['ss', '-lun']).includes('192.0.2.3:53'))
})
