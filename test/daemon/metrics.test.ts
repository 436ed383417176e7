// Whatever is counted can be seen: each counter has a metric.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { counter, gauge, histogram } from '../../src/daemon/family.ts'
import { formatMetrics } from '../../src/daemon/metrics.ts'
import { publicLabels } from '../../src/daemon/server-label.ts'
import { countLatency, createLatency, LATENCY_BOUNDS_SECONDS } from '../../src/latency.ts'
import { createCounters as createResolverCounters } from '../../src/resolver/counters.ts'
import { createServerCounters } from '../../src/server/counters.ts'
import { createCounters as createUpdaterCounters } from '../../src/updater/counters.ts'
import { createServerCounters as createUpstreamCounters } from '../../src/upstream/server.ts'
import { PROJECT } from '../support/docker.ts'
import { parseExposition } from '../support/exposition.ts'

const DAEMON = join(PROJECT, 'src/daemon')
const sources = [
  ...readdirSync(DAEMON)
    .filter((name) => name.endsWith('-metrics.ts'))
    .map((name) => join(DAEMON, name)),
  join(PROJECT, 'src/updater/figures.ts'),
]
const text = sources.map((file) => readFileSync(file, 'utf8')).join('\n')

/** Each of them is in `queries`, by type. */
const IN_QUERIES = ['allowed', 'denied', 'audited']

for (const [what, counters] of Object.entries({
  resolver: createResolverCounters(),
  server: createServerCounters(),
  updater: createUpdaterCounters(),
  upstream: createUpstreamCounters(),
})) {
  test(`each counter of the ${what} has a metric`, () => {
    const names = Object.keys(counters).filter((name) => !IN_QUERIES.includes(name))
    assert.ok(names.length > 4)
    assert.deepEqual(
      names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)),
      [],
    )
  })
}

test('a histogram counts each observation in its bucket and in all above it', async () => {
  const latency = createLatency()
  for (const milliseconds of [0.1, 0.5, 0.6, 40, 9_999]) countLatency(latency, milliseconds)
  const series = parseExposition(await formatMetrics([histogram('x_seconds', 'X.', [{ labels: { server: 'a' }, latency }])]))
  const bucket = (bound: string) => series.get(`sallyport_x_seconds_bucket{server="a",le="${bound}"}`)
  assert.deepEqual(['0.0005', '0.001', '0.025', '0.05', '2.5', '+Inf'].map(bucket), [2, 3, 3, 4, 4, 5])
  assert.equal(series.get('sallyport_x_seconds_count{server="a"}'), 5)
  assert.ok(Math.abs(series.get('sallyport_x_seconds_sum{server="a"}')! - 10.0402) < 1e-9)
  assert.equal(series.size, LATENCY_BOUNDS_SECONDS.length + 3)
})

test('labels may hold anything, and a family without samples is one that is not counted now', async () => {
  const odd = 'a"b\\c\nd'
  const exposition = await formatMetrics([gauge('odd', 'O.', [{ labels: { server: odd }, value: 1 }]), counter('none_total', 'N.', [])])
  assert.match(exposition, /^sallyport_odd\{server="a\\"b\\\\c\\nd"\} 1$/m)
  assert.equal(parseExposition(exposition).size, 1)
})

test('an upstream is named without the path of its URL, and apart from others all the same', () => {
  const labels = ['https://dns.example/first', '192.0.2.53:53', 'https://dns.example/second', 'tls://192.0.2.53#dns.example']
  assert.deepEqual(
    [...publicLabels([...labels, labels[0]!]).values()],
    ['https://dns.example', '192.0.2.53:53', 'https://dns.example (2)', 'tls://192.0.2.53#dns.example'],
  )
  assert.match(text, /labels = publicLabels\(servers/)
})
