import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import type { Namespace } from '../support/namespace.ts'
import { processesIn } from '../support/namespace.ts'
import { listTables } from '../support/nft.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const ZONES = { 'app.zone': 'www.example\n' }

/** What sallyport may change in a namespace beside its own processes. */
function inventory(namespace: Namespace): Record<string, string> {
  const routes = (family: string) => namespace.run(['ip', family, 'route', 'show', 'table', 'all'])
  const rules = (family: string) => namespace.run(['ip', family, 'rule', 'show'])
  const withoutMetrics = (text: string) => text.replace(/ expires \d+sec| metric \d+/g, '')
  return {
    rules4: rules('-4'),
    rules6: rules('-6'),
    routes4: routes('-4'),
    routes6: withoutMetrics(routes('-6')),
    tables: listTables(namespace).join('\n'),
  }
}

for (const owner of ['auto', 'off'] as const) {
  test(`owner: ${owner}: a clean stop leaves the guard, and down removes everything that sallyport has made`, async () => {
    const world = await createWorld(['www.example. 300 IN A 192.0.2.10'])
    after(() => world.close())
    const { alpha, gateway } = world
    await eventually('link-local addresses are known to be unique', () => !gateway.run(['ip', '-6', 'address']).includes('tentative'))
    const before = inventory(gateway)
    const processes = processesIn(gateway.name)
    const sallyport = await startForward(world, { zones: ZONES, updater: { owner } })
    await assertReachable(alpha, 'www.example')

    assert.equal(await sallyport.stop(), 0)
    assert.deepEqual(processesIn(gateway.name), processes, 'a process is left behind')
    assert.deepEqual(
      readdirSync(sallyport.state, { recursive: true }).filter((file) => String(file).endsWith('.sock')),
      [],
      'a socket is left behind',
    )
    assert.ok(listTables(gateway).includes('inet sallyport'))
    assert.equal(await alpha.reach('192.0.2.10'), 'connected')
    await assertRefused(alpha.agent, '192.0.2.200')

    const down = sallyport.cli('down')
    assert.equal(down.status, 0, down.stderr)
    assert.deepEqual(inventory(gateway), before)
    assert.equal(existsSync(sallyport.state), false)
    assert.equal(await alpha.reach('192.0.2.200'), 'connected')
    await world.close()
  })
}

test('down a second time finds nothing to do and says so', async () => {
  const world = await createWorld([])
  after(() => world.close())
  const sallyport = await startForward(world, { zones: ZONES })
  await sallyport.stop()
  assert.equal(sallyport.cli('down').status, 0)
  const again = sallyport.cli('down')
  assert.equal(again.status, 0, again.stderr)
})

test('down while sallyport runs is refused or stops it first: what remains is never a running sallyport without its table', async () => {
  const world = await createWorld(['www.example. 300 IN A 192.0.2.10'])
  after(() => world.close())
  const sallyport = await startForward(world, { zones: ZONES })
  const down = sallyport.cli('down')
  if (down.status === 0) {
    assert.equal(await sallyport.exit, 0)
    assert.deepEqual(listTables(world.gateway), [])
  } else {
    await assertReachable(world.alpha, 'www.example')
    await sallyport.stop()
  }
})
