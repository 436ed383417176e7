// The published corpus of escapes, against every guard, and against none: attacks that an unguarded gateway would stop prove nothing.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import type { Finding, Proof } from '../../src/doctor/prove/prove.ts'
import { PROGRAM } from '../support/sallyport.ts'

interface Run extends Proof {
  readonly summary: string
  readonly status: number | null
}

function prove(...words: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(PROGRAM, ['prove', '--json', ...words], { encoding: 'utf8', timeout: 120_000 })
  assert.notEqual(stdout, '', stderr)
  return { status, ...(JSON.parse(stdout) as Proof & { readonly summary: string }) }
}

function namesOf(findings: readonly Finding[], outcome: Finding['outcome']): readonly string[] {
  return findings.filter((finding) => finding.outcome === outcome).map(({ group, name }) => `${group}: ${name}`)
}

for (const [words, protection] of [
  [['--guard', 'forward'], 'owner'],
  [['--guard', 'forward', '--owner', 'off'], 'lock'],
  [['--guard', 'output'], 'owner'],
  [['--guard', 'output', '--owner', 'off'], 'none'],
] as const) {
  test(`prove ${words.join(' ')}: nothing gets out, what is allowed is reached before and after, and what is known and open is told`, () => {
    const { status, findings, unexplained, control, summary, ...proof } = prove(...words)
    const arrived = findings.filter(({ outcome }) => outcome === 'escaped')
    assert.deepEqual(arrived, [])
    assert.deepEqual(unexplained, [])
    assert.deepEqual(namesOf(findings, 'untried'), [])
    assert.deepEqual(control, [true, true, true, true])
    assert.equal(proof.protection, protection)
    assert.ok(namesOf(findings, 'open').includes('shared addresses: another-site-on-an-opened-address'))
    assert.match(summary, /^0 of \d+ got out: /)
    assert.equal(status, 0)
  })
}

test('without a guard the same attacks get out, and the exit code says so: the corpus has teeth', () => {
  const { status, findings } = prove('--guard', 'none')
  assert.deepEqual(namesOf(findings, 'held'), [])
  assert.equal(status, 1)
})
