// What status and why say of a running sallyport.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld(['www.example. 300 IN A 192.0.2.10', 'other.example. 300 IN A 192.0.2.11'])
const { alpha } = world
const sallyport = await startForward(world, { zones: { 'app.zone': 'www.example\nother.example 443 8443\n' } })
after(async () => {
  await sallyport.stop()
  await world.close()
})
await assertReachable(alpha, 'www.example')

interface Status {
  readonly version: number
  readonly resolver: { readonly policy: { readonly revision: string }; readonly counters: { readonly allowed: number } } | null
  readonly updater: { readonly revision: string; readonly enforced: boolean; readonly leases: readonly Record<string, unknown>[] } | null
}

const json = (...words: readonly string[]) => JSON.parse(sallyport.cli(...words, '--json').stdout)

test('status says in words what runs, what is enforced, which policy is in force, and who has what open', () => {
  const { status, stdout } = sallyport.cli('status')
  assert.equal(status, 0)
  assert.match(stdout, /^resolver: pid \d+, uid \d+, listening on /m)
  assert.match(stdout, /^policy: revision [0-9a-f]{16}, 2 entries/m)
  assert.match(stdout, /^updater: pid \d+, uid \d+, guard forward, enforced by table sallyport/m)
  assert.match(stdout, /alpha .*www\.example .*192\.0\.2\.10 .*\d+ s/)
})

test('status --json is the same for machines: versioned, both parts of one mind', () => {
  const { version, resolver, updater } = json('status') as Status
  assert.equal(version, 1)
  assert.equal(resolver!.policy.revision, updater!.revision)
  assert.equal(updater!.enforced, true)
  assert.deepEqual(
    updater!.leases.map(({ client, name, address }) => [client, name, address]),
    [['alpha', 'www.example', '192.0.2.10']],
  )
})

test('why an address: the name that opened it, for whom, and on which port', () => {
  const open = sallyport.cli('why', '192.0.2.10:443', '--client', 'alpha')
  assert.equal(open.status, 0, open.stdout + open.stderr)
  assert.match(open.stdout, /www\.example/)
  assert.equal(sallyport.cli('why', '192.0.2.10:80', '--client', 'alpha').status, 1)
  assert.equal(sallyport.cli('why', '192.0.2.10:443', '--client', 'beta').status, 1)
  assert.equal(sallyport.cli('why', '192.0.2.11:443', '--client', 'alpha').status, 1)
})

test('with a part stopped, status says which, and exits with 1', async () => {
  process.kill(sallyport.part('updater')!, 'SIGSTOP')
  const stopped = sallyport.cli('status', '--part', 'resolver')
  assert.equal(stopped.status, 0)
  process.kill(sallyport.part('updater')!, 'SIGCONT')
  await sallyport.stop()
  const { status, stdout } = await eventually('status sees the end', () => {
    const said = sallyport.cli('status')
    return said.status === 1 && said
  })
  assert.equal(status, 1)
  assert.match(stdout, /resolver: not running\nupdater: not running/)
  assert.deepEqual(json('status'), { version: 1, resolver: null, updater: null })
})
