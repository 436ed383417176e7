// Runs of the published corpus, and what is asked of every one that has a guard.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import type { Finding, Proof } from '../../src/doctor/prove/prove.ts'
import { PROGRAM } from './sallyport.ts'

export interface Run extends Proof {
  readonly summary: string
  readonly status: number | null
}

const TIMEOUT_MS = 120_000
const LEAST_ATTACKS = 300

/** `sallyport prove --json`; its summary, with the time it took, is a diagnostic of the test. */
export function prove(t: TestContext, ...words: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(PROGRAM, ['prove', '--json', ...words], { encoding: 'utf8', timeout: TIMEOUT_MS })
  assert.notEqual(stdout, '', stderr)
  const run = { status, ...(JSON.parse(stdout) as Proof & { readonly summary: string }) }
  t.diagnostic(run.summary)
  return run
}

export function namesOf(findings: readonly Finding[], outcome: Finding['outcome']): readonly string[] {
  return findings.filter((finding) => finding.outcome === outcome).map(({ group, name }) => `${group}: ${name}`)
}

/** Nothing gets out, everything was tried, what is allowed is reached before and after, and what is known and open is told. */
export function assertHeld({ status, findings, unexplained, control, summary, protection }: Run, expected: string): void {
  assert.deepEqual(
    findings.filter(({ outcome }) => outcome === 'escaped'),
    [],
  )
  assert.deepEqual(unexplained, [])
  assert.deepEqual(namesOf(findings, 'untried'), [])
  assert.deepEqual(
    control,
    Array.from({ length: 8 }, () => true),
  )
  assert.ok(findings.length >= LEAST_ATTACKS, `${findings.length} attacks`)
  assert.equal(protection, expected)
  assert.ok(namesOf(findings, 'open').includes('shared addresses: another-site-on-an-opened-address'))
  assert.match(summary, /^0 of \d+ got out: /)
  assert.equal(status, 0)
}
