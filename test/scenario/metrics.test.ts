// What Prometheus reads of a running sallyport, compared with what was done to it.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startAgent } from '../support/agent-client.ts'
import { type Exposition, parseExposition } from '../support/exposition.ts'
import { launchSallyport } from '../support/sallyport.ts'
import { assertReachable, assertRefused, startForward, startLocal } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NOBODY = 65_534
const world = await createWorld(['www.example. 300 IN A 192.0.2.10', 'other.example. 300 IN A 192.0.2.11'])
after(() => world.close())
const { alpha, beta, gateway } = world

const curl = (...words: readonly string[]): string =>
  gateway.run(['curl', '--silent', '--show-error', '--fail', '--max-time', '5', ...words])

test('a scrape over loopback counts what was asked, opened, refused and reloaded', async (t) => {
  const sallyport = await startForward(world, {
    zones: { 'app.zone': 'www.example\n' },
    settings: { metrics: { listen: '127.0.0.1:9353' } },
  })
  t.after(() => sallyport.stop())
  const scrape = (): Exposition => parseExposition(curl('http://127.0.0.1:9353/metrics'))
  const before = scrape()

  await assertReachable(alpha, 'www.example')
  await assertReachable(alpha, 'www.example')
  await alpha.ask('www.example', 'TXT')
  for (const name of ['a.invalid', 'b.invalid', 'c.invalid']) await alpha.ask(name)
  await assertRefused(alpha.agent, '192.0.2.11')
  await alpha.ask('www.example', 'A', { tcp: true })

  const { since, now } = difference(before, scrape)
  assert.equal(since('sallyport_queries_total{verdict="allow",type="A"}'), 3)
  assert.equal(since('sallyport_queries_total{verdict="deny",type="TXT"}'), 1)
  assert.equal(since('sallyport_queries_total{verdict="deny",type="A"}'), 3)
  assert.equal(since('sallyport_cache_misses_total'), 1)
  assert.equal(since('sallyport_cache_hits_total'), 2)
  assert.equal(since('sallyport_forwarded_total'), 1)
  assert.equal(since('sallyport_received_queries_total{transport="tcp"}'), 1)
  assert.equal(since('sallyport_commit_duration_seconds_count'), 1)
  assert.equal(
    since('sallyport_upstream_duration_seconds_count{server="198.51.100.2:53"}'),
    now.get('sallyport_upstream_queries_total{server="198.51.100.2:53"}'),
  )
  assert.equal(now.get('sallyport_leases'), 1)
  assert.equal(now.get('sallyport_fullest_set_elements'), 1)
  assert.equal(now.get('sallyport_enforced'), 1)
  assert.equal(now.get('sallyport_up{part="updater"}'), 1)
  assert.ok(now.get('sallyport_cache_bytes')! > 0)

  await eventually('the flows are counted', () => {
    const later = difference(before, scrape)
    return (
      later.since('sallyport_contact_connections_total{verdict="allow"}') === 2 &&
      later.since('sallyport_contact_packets_total{verdict="deny"}') === 1
    )
  })

  sallyport.writeZone('app.zone', 'not a name\n')
  await eventually('both parts say that the reload failed', () => {
    const { now: broken, since: sinceStart } = difference(before, scrape)
    return ['resolver', 'updater'].every(
      (part) =>
        broken.get(`sallyport_last_reload_success{part="${part}"}`) === 0 &&
        sinceStart(`sallyport_reloads_total{part="${part}",outcome="broken"}`) > 0,
    )
  })

  process.kill(sallyport.part('updater')!, 'SIGSTOP')
  const alone = scrape()
  process.kill(sallyport.part('updater')!, 'SIGCONT')
  assert.equal(alone.get('sallyport_up{part="updater"}'), 0)
  assert.equal(alone.get('sallyport_up{part="resolver"}'), 1)
  assert.equal(alone.has('sallyport_leases'), false)
  assert.throws(() => curl('http://127.0.0.1:9353/'), /404/)
})

test('clients that have a name have series of their own, which go with them; whoever has none has none', async (t) => {
  const sallyport = await startForward(world, {
    zones: { 'app.zone': 'www.example\n' },
    settings: { metrics: { listen: '127.0.0.1:9353' } },
    clients: { alpha: [alpha.address4, alpha.address6] },
    updater: { use: { surveySeconds: 1 } },
  })
  t.after(() => sallyport.stop())
  const scrape = (): Exposition => parseExposition(curl('http://127.0.0.1:9353/metrics'))
  const seriesOf = (client: string) => [...scrape().keys()].filter((series) => series.includes(`client="${client}"`)).length
  const control = ['--unix-socket', join(sallyport.state, 'updater-control.sock')]
  const [allowed, denied] = ['allow', 'deny'].map((verdict) => `sallyport_client_queries_total{client="alpha",verdict="${verdict}"}`)
  const before = scrape()

  for (const sandbox of [alpha, beta]) await assertReachable(sandbox, 'www.example')
  await alpha.ask('denied.example')
  await assertRefused(alpha.agent, '192.0.2.11')
  const { since, now } = difference(before, scrape)
  assert.deepEqual([since(allowed!), since(denied!), now.get('sallyport_client_leases{client="alpha"}')], [1, 1, 1])
  await eventually('what was refused and what has left is counted', () => {
    const counts = scrape()
    const count = (what: string) => counts.get(`sallyport_client_${what}_total{client="alpha"}`)
    return count('refused') === 1 && count('packets')! > 2 && count('bytes')! > 100
  })
  assert.equal(seriesOf(beta.address4), 0)

  curl(...control, '-X', 'PUT', 'http://localhost/clients/joiner', '-d', JSON.stringify({ addresses: [beta.address4], zones: '' }))
  await assertReachable(beta, 'www.example')
  assert.equal(seriesOf('joiner'), 7)
  curl(...control, '-X', 'DELETE', 'http://localhost/clients/joiner')
  await eventually('they have gone', () => seriesOf('joiner') === 0)
})

test('under guard: output metrics are read through a Unix socket that the sandbox may not open', async (t) => {
  const agent = startAgent(gateway, { uid: NOBODY })
  t.after(() => agent.close())
  const sallyport = await startLocal(world, agent, {
    zones: { 'app.zone': 'www.example\n' },
    updater: { guard: 'output' },
    settings: { metrics: { listen: './metrics.sock' } },
  })
  t.after(() => sallyport.stop())
  const socket = join(sallyport.folder, 'metrics.sock')
  const scrape = () => parseExposition(curl('--unix-socket', socket, 'http://localhost/metrics'))
  await eventually('the updater tells its figures', () => scrape().get('sallyport_enforced') === 1)
  const { mode, uid } = statSync(socket)
  assert.deepEqual([mode & 0o777, uid], [0o660, 59_053])
  assert.throws(() =>
    gateway.run([
      'setpriv',
      `--reuid=${NOBODY}`,
      '--clear-groups',
      'curl',
      '--silent',
      '--show-error',
      '--unix-socket',
      socket,
      'http://localhost/metrics',
    ]),
  )
})

test('what stands in the way of the socket is told, and a file that is none is not touched', async () => {
  const options = { namespace: gateway, folder: world.folder, zones: { 'app.zone': 'www.example\n' } }
  const launched = launchSallyport({ ...options, settings: { metrics: { listen: './zones/app.zone' } } })
  assert.equal(await launched.exit, 2)
  assert.match(launched.log(), /metrics\.listen: \S+app\.zone is there and is no socket; remove it, or choose another path/)
  assert.equal(readFileSync(join(launched.zones, 'app.zone'), 'utf8'), 'www.example\n')
})

function difference(before: Exposition, scrape: () => Exposition) {
  const now = scrape()
  return { now, since: (series: string): number => (now.get(series) ?? 0) - (before.get(series) ?? 0) }
}
