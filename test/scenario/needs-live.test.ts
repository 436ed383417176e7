// `check --needs --live`: what is allowed is resolved and connected to, through the gateway that runs.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { runCli } from '../support/sallyport.ts'
import { startForward, startLocal } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'www.example. 300 IN A 192.0.2.10',
  'www.example. 300 IN AAAA 2001:db8:1::10',
  'silent.example. 300 IN A 192.0.2.11',
])
after(() => world.close())
const { alpha, gateway, folder } = world
const ZONE = 'www.example 443 7777\nsilent.example 7777\ngone.example\n192.0.2.12 443\n'

interface Outcome {
  readonly needs: readonly { readonly rule: string; readonly line: number; readonly message: string }[]
}

function needs(...lines: readonly string[]): string {
  const file = join(folder, 'needs.txt')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

test('in a sandbox: what answers passes, and each that does not is named with the reason, also in JUnit', async (t) => {
  const sallyport = await startForward(world, { zones: { 'app.zone': ZONE } })
  t.after(() => sallyport.stop())
  const check = (file: string, ...words: readonly string[]) =>
    runCli(
      alpha.namespace,
      ['check', '--config', sallyport.config, '--needs', file, '--live', '--server', alpha.gateway4, ...words],
      sallyport.folder,
    )

  const good = check(needs('www.example:443', 'www.example', '192.0.2.12:443'))
  assert.equal(good.status, 0, good.stdout + good.stderr)

  const junit = join(folder, 'check.xml')
  const bad = check(needs('www.example:443', 'silent.example:7777', 'gone.example', 'denied.example'), '--json', '--junit', junit)
  assert.equal(bad.status, 1)
  const found = (JSON.parse(bad.stdout) as Outcome).needs
  assert.deepEqual(
    found.map(({ rule, line }) => [rule, line]),
    [
      ['need-unreachable', 2],
      ['need-unreachable', 3],
      ['need-denied', 4],
    ],
  )
  assert.match(found[0]!.message, /silent\.example:7777 is allowed, and does not connect: 192\.0\.2\.11 port 7777: ECONNREFUSED/)
  assert.match(found[1]!.message, /gone\.example is allowed, and does not resolve: ENOTFOUND/)
  assert.equal(readFileSync(junit, 'utf8').match(/<failure/g)?.length, 3)
})

test('where the resolver runs, it is found without being named', async (t) => {
  const agent = startAgent(gateway)
  t.after(() => agent.close())
  const sallyport = await startLocal(world, agent, { zones: { 'app.zone': ZONE }, updater: { guard: 'output' } })
  t.after(() => sallyport.stop())
  const good = sallyport.cli('check', '--needs', needs('www.example:443'), '--live')
  assert.equal(good.status, 0, good.stdout + good.stderr)
  await sallyport.stop()
  const alone = sallyport.cli('check', '--needs', needs('192.0.2.13:443'), '--live')
  assert.equal(alone.status, 1)
})
