// Audit mode of one client, by `$MODE audit` in a file that is for it, and of one that joins. What would be denied is let through
// and marked; what has nothing to do with the list stays closed, and everybody else is enforced.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Row } from '../../src/audit/row.ts'
import { startAgent } from '../support/agent-client.ts'
import { assertNothingBut } from '../support/capture.ts'
import { sendRaw, tcpPacket } from '../support/raw.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { addAddresses, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const METADATA = '169.254.169.254'
/** Named by nobody, reached by its address. */
const NAMELESS = { 4: '203.0.113.5', 6: '2001:db8:1::5' } as const
const TRIAL = '$CLIENTS alpha\n$MODE audit\ntrial.example 8443\n!never.example\n'

const world = await createWorld([
  'open.example. 300 IN A 192.0.2.10',
  'trial.example. 300 IN A 192.0.2.11',
  'unlisted.example. 300 IN A 192.0.2.12',
  'unlisted.example. 300 IN AAAA 2001:db8:1::12',
  'never.example. 300 IN A 192.0.2.13',
  'inside.example. 300 IN A 10.99.0.5',
  `metadata.example. 300 IN A ${METADATA}`,
])
after(() => world.close())
const { alpha, beta, gateway } = world
const onGateway = startAgent(gateway)
after(() => onGateway.close())
const sallyport = await startForward(world, {
  zones: { 'app.zone': 'open.example\n', 'trial.zone': TRIAL },
  settings: { journal: { folder: './journal', syncSeconds: 1 } },
})
after(() => sallyport.stop())

before(async () => {
  await onGateway.call('serve', { ports: [22] })
  await beta.agent.call('serve', { ports: [443] })
})

function rows(): readonly Row[] {
  return (JSON.parse(sallyport.cli('audit', '--json').stdout) as { rows: Row[] }).rows
}

test('what would be denied to the client is answered and let through, names and addresses, on any port, in both families', async () => {
  await assertReachable(alpha, 'open.example')
  await assertReachable(alpha, 'trial.example', 'A', 8443)
  for (const type of ['A', 'AAAA'] as const) await assertReachable(alpha, 'unlisted.example', type, 8000)
  await assertReachable(alpha, 'never.example')
  for (const address of Object.values(NAMELESS)) assert.equal(await alpha.reach(address), 'connected', address)
})

test('it is marked as would-be denied: in the log, in status, by audit and why, and in the decision log', async () => {
  await sallyport.logged(/"client":"alpha","name":"unlisted\.example",.*"reason":"no-rule",.*would be denied \(audit\)/)
  await sallyport.logged(/"client":"alpha","name":"never\.example",.*"reason":"deny-rule",.*would be denied \(audit\)/)
  assert.match(sallyport.cli('status').stdout, /^queries: \d+ allowed \([3-9] by audit mode\)/m)
  assert.match(sallyport.cli('why', 'unlisted.example', '--client', 'alpha').stdout, /audit mode lets it through; no entry allows it/)
  const verdicts = await eventually(
    'all are listed',
    () => {
      const found = new Map(
        rows().flatMap(({ client, destination, port, verdict }) => (port === null ? [] : [[`${client} ${destination}`, verdict]])),
      )
      return found.size >= 6 && found
    },
    10_000,
  )
  const names = ['open.example', 'trial.example', 'unlisted.example', 'never.example', ...Object.values(NAMELESS)]
  assert.deepEqual(
    names.map((name) => verdicts.get(`alpha ${name}`)),
    ['allow', 'allow', 'audit', 'audit', 'audit', 'audit'],
  )
  assert.equal(sallyport.cli('log', 'verify').status, 0)
})

test('everybody else is enforced', async () => {
  await assertReachable(beta, 'open.example')
  for (const name of ['trial.example', 'unlisted.example', 'never.example']) assert.equal((await beta.ask(name)).rcode, 'NXDOMAIN', name)
  for (const address of ['192.0.2.11', '192.0.2.12', ...Object.values(NAMELESS)]) await assertRefused(beta.agent, address)
})

test('screening stays on: no name leads to special-purpose addresses, and they are not reached without one', async () => {
  for (const name of ['inside.example', 'metadata.example']) assert.deepEqual((await alpha.ask(name)).answers, [], name)
  for (const address of ['10.99.0.5', METADATA, 'fd99::5']) await assertRefused(alpha.agent, address)
})

test('the gateway, the neighbour, the upstream and the sources of others stay closed', async () => {
  for (const address of [alpha.gateway4, alpha.gateway6, beta.gateway4]) await assertRefused(alpha.agent, address, 22)
  for (const address of [beta.address4, beta.address6]) await assertRefused(alpha.agent, address)
  await assertRefused(alpha.agent, UPSTREAM4, 853)
  const wire = await world.capture()
  assert.equal((await alpha.ask('open.example', 'A', { server: '203.0.113.53' })).rcode, 'NOERROR')
  sendRaw(alpha.namespace, tcpPacket({ source: beta.address4, destination: NAMELESS[4] }, { from: 40_000, to: 443 }, 2))
  assertNothingBut(await wire.leaving(), UPSTREAM_TRAFFIC)
  addAddresses(beta.namespace, 'eth0', [`${alpha.address4}/32`])
  const stolen = await beta.agent.call('connect', { address: NAMELESS[4], port: 443, source: alpha.address4, timeoutMs: 300 })
  assert.equal(stolen.outcome, 'timeout')
})

test('when it ends, what only it let through closes, connections included, and what entries allow goes on', async () => {
  const audited = await alpha.agent.call('openFlow', { address: NAMELESS[4], port: 443 })
  const allowed = await alpha.agent.call('openFlow', { address: '192.0.2.11', port: 8443 })
  sallyport.writeZone('trial.zone', TRIAL.replace('$MODE audit\n', ''))
  await eventually('it is enforced', async () => (await alpha.ask('unlisted.example')).rcode === 'NXDOMAIN')
  const talk = () => alpha.agent.call('talk', { flow: audited, line: 'still here' })
  await eventually('the connection ends', async () => (await talk()) !== 'still here', 1_000)
  assert.equal(await alpha.agent.call('talk', { flow: allowed, line: 'still here' }), 'still here')
  for (const address of ['192.0.2.12', '192.0.2.13', ...Object.values(NAMELESS)]) await assertRefused(alpha.agent, address)
})

test('a client that joins may bring it along, for itself alone', async () => {
  const call = (method: string, path: string, ...body: readonly string[]) =>
    gateway.run(['curl', '-fsS', '--unix-socket', join(sallyport.state, 'updater-control.sock'), '-X', method, `http://x${path}`, ...body])
  const other = '10.77.2.77'
  addAddresses(beta.namespace, 'eth0', [`${other}/24`])
  call('PUT', '/clients/guest', '--data', JSON.stringify({ addresses: other, zones: '$MODE audit\n' }))
  const asGuest = { server: beta.gateway4, source: other }
  assert.equal((await beta.ask('unlisted.example', 'A', asGuest)).rcode, 'NOERROR')
  const visit = await beta.agent.call('connect', { address: '192.0.2.12', port: 443, source: other })
  assert.equal(visit.outcome, 'connected')
  assert.equal((await beta.ask('unlisted.example')).rcode, 'NXDOMAIN')
  call('DELETE', '/clients/guest')
  assert.equal((await beta.ask('unlisted.example', 'A', asGuest)).rcode, 'NXDOMAIN')
})
