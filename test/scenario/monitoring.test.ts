// The dashboard and the alerts, against a real Prometheus that scrapes a real sallyport.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PROJECT } from '../support/docker.ts'
import { parseExposition } from '../support/exposition.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const RULES = join(PROJECT, 'deploy/prometheus')
const DASHBOARD = join(PROJECT, 'deploy/grafana/sallyport.json')
const ZONE = 'www.example\n'

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string; readonly state: string }[] }[]
}

const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard
const panels = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))

const world = await createWorld(['www.example. 300 IN A 192.0.2.10'])
const { alpha, gateway, folder } = world
const sallyport = await startForward(world, { zones: { 'app.zone': ZONE }, settings: { metrics: { listen: '127.0.0.1:9353' } } })
const monitor = startPrometheus()
after(async () => {
  monitor.kill('SIGKILL')
  await once(monitor, 'exit')
  await sallyport.stop()
  await world.close()
})

/** The shipped configuration, only faster. */
function startPrometheus() {
  cpSync(RULES, folder, { recursive: true })
  const config = readFileSync(join(RULES, 'prometheus.yml'), 'utf8').replace(
    'scrape_interval: 15s',
    'scrape_interval: 1s\n  evaluation_interval: 1s',
  )
  writeFileSync(join(folder, 'prometheus.yml'), config)
  const flags = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/tsdb`,
    '--web.listen-address=127.0.0.1:9090',
    '--log.level=error',
  ]
  return gateway.spawn(['prometheus', ...flags], { stdio: ['ignore', 'inherit', 'inherit'] })
}

const curl = (...words: readonly string[]): string =>
  gateway.run(['curl', '--silent', '--show-error', '--fail', '--max-time', '5', ...words])

function api<T>(path: string, ...words: readonly string[]): T {
  return (JSON.parse(curl('--get', `http://127.0.0.1:9090/api/v1/${path}`, ...words)) as { readonly data: T }).data
}

function resultsOf(expression: string): number {
  const concrete = expression.replaceAll('$__rate_interval', '1m').replaceAll('$__interval', '1m').replaceAll('$instance', '.*')
  return api<{ readonly result: readonly unknown[] }>('query', '--data-urlencode', `query=${concrete}`).result.length
}

const alerts = () => api<Rules>('rules').groups.flatMap(({ rules }) => rules)
const isUp = () => resultsOf('count_over_time(sallyport_up[1m]) > 2') > 0

test('what is scraped has no fault that promtool knows, and has every metric that dashboard and alerts name', () => {
  const scrape = curl('http://127.0.0.1:9353/metrics')
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], { input: scrape, encoding: 'utf8' })
  assert.deepEqual([status, stderr + stdout], [0, ''])
  const known = new Set(Array.from(parseExposition(scrape).keys(), (series) => series.replace(/\{.*/, '')))
  const texts = [
    readFileSync(DASHBOARD, 'utf8'),
    readFileSync(join(RULES, 'alerts.yml'), 'utf8'),
    readFileSync(join(RULES, 'alerts.test.yml'), 'utf8'),
  ]
  const named = texts.flatMap((text) => text.match(/\bsallyport_[a-z_]+/g) ?? [])
  assert.ok(named.length > 40)
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  )
})

test('alerts go off when they should, by the tests that come with them, and each has one', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: RULES, encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
  const names = (file: string, pattern: RegExp) => Array.from(readFileSync(join(RULES, file), 'utf8').matchAll(pattern), ([, name]) => name)
  assert.deepEqual(names('alerts.test.yml', /alertname="(\w+)"/g), names('alerts.yml', /alert: (\w+)/g))
})

test('every panel of the dashboard shows something', async () => {
  await assertReachable(alpha, 'www.example')
  await assertRefused(alpha.agent, '192.0.2.99')
  await eventually('Prometheus has scraped three times', isUp, 20_000)
  const empty = () => panels.filter(({ expr }) => resultsOf(expr) === 0)
  await eventually('all panels', () => empty().length === 0, 10_000).catch(() => assert.deepEqual(empty(), []))
})

test('a healthy sallyport sets no alert off; a stopped updater and a broken zone file do', async () => {
  assert.deepEqual(
    alerts().filter(({ health, state }) => health !== 'ok' || state !== 'inactive'),
    [],
  )
  sallyport.writeZone('app.zone', 'not a name\n')
  await eventually(
    'the rejected reload',
    () => alerts().some(({ name, state }) => name === 'SallyportReloadRejected' && state !== 'inactive'),
    10_000,
  )
  process.kill(sallyport.part('updater')!, 'SIGSTOP')
  await eventually(
    'the silent updater',
    () => alerts().some(({ name, state }) => name === 'SallyportUpdaterGone' && state !== 'inactive'),
    10_000,
  )
  process.kill(sallyport.part('updater')!, 'SIGCONT')
})
