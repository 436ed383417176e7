import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { unifiedDiff } from '../../src/audit/unified-diff.ts'

const LONG = Array.from({ length: 20 }, (_, index) => `n${index}.example`)

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

test('lines changed far apart and added at the end are hunks with three lines of context', () => {
  const after = [...LONG.with(2, 'n2.example 22'), 'new.example']
  assert.deepEqual(unifiedDiff('a.zone', text(LONG), text(after)), [
    ...['--- a.zone', '+++ a.zone', '@@ -1,6 +1,6 @@', ' n0.example', ' n1.example', '-n2.example', '+n2.example 22'],
    ...[' n3.example', ' n4.example', ' n5.example', '@@ -18,3 +18,4 @@', ' n17.example', ' n18.example', ' n19.example', '+new.example'],
  ])
  assert.deepEqual(unifiedDiff('a.zone', text(LONG), text(LONG)), [])
})

test('git applies it: to a file that is there, to an empty one, and to none', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const cases: readonly (readonly [before: string | undefined, after: string])[] = [
    [text(LONG), text([...LONG.with(0, 'x').with(9, 'y').with(19, 'z'), 'new'])],
    [text(['one']), text(['one', 'two', 'three'])],
    [undefined, text(['$TIER base', 'new.example'])],
  ]
  for (const [index, [before, after]] of cases.entries()) {
    const file = `${index}.zone`
    if (before !== undefined) writeFileSync(join(folder, file), before)
    const input = `${unifiedDiff(file, before, after).join('\n')}\n`
    const { status, stderr } = spawnSync('git', ['apply', '-p0', '-'], { cwd: folder, input, encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''], input)
    assert.equal(readFileSync(join(folder, file), 'utf8'), after)
  }
})
