import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Report } from './report.ts'

const PROGRAM = fileURLToPath(new URL('run.ts', import.meta.url))

/** All but those that take minutes: many entries. */
const ASKED = 'cached,denied,latency,new,opening,commit,passing,files,scale,growth,start,recovery,run'

/** Figures themselves are no test: they are the machine's as much as ours. */
test('a short round of the benchmark measures sallyport and a peer, every answer checked', () => {
  const json = join(tmpdir(), `sallyport-bench-${process.pid}.json`)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [PROGRAM, '--quick', '--only', 'dnsmasq', '--ask', ASKED, '--json', json],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(status, 0, stderr)
  const { figures, results, versions } = JSON.parse(readFileSync(json, 'utf8')) as Report
  rmSync(json)
  assert.deepEqual(Object.keys(versions), ['sallyport', 'dnsmasq'])
  for (const { key, title } of figures) {
    const measured = results.filter(({ figure }) => figure === key).map(({ subject }) => subject)
    assert.ok(measured.includes('sallyport'), `${key} in ${JSON.stringify(results)}`)
    assert.ok(stdout.includes(title), stdout)
  }
})
