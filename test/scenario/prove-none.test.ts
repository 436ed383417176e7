// The published corpus of escapes where nothing guards: an attack that gets nowhere then proves nothing, unless it says why.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadCorpus } from '../../src/doctor/prove/corpus.ts'
import { namesOf, prove } from '../support/prove.ts'

test('without a guard every attack gets out but those that say why not, and the exit code says so: the corpus has teeth', async (t) => {
  const { status, findings } = prove(t, '--guard', 'none')
  const inert = (await loadCorpus()).filter((attack) => attack.inert !== undefined)
  assert.deepEqual(
    namesOf(findings, 'held'),
    inert.map(({ group, name }) => `${group}: ${name}`),
  )
  assert.deepEqual(namesOf(findings, 'untried'), [])
  assert.equal(status, 1)
})
