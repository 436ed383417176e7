import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PROGRAM } from '../support/sallyport.ts'

/** A folder with these files, by path. */
function makeFolder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'diff-'))
  context.after(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function diff(folder: string, ...words: readonly string[]) {
  return spawnSync(PROGRAM, ['diff', ...words], { encoding: 'utf8', cwd: folder })
}

test('diff tells what opens and closes, with exit code 1; nothing, with 0', (t) => {
  const folder = makeFolder(t, { 'old/a.zone': 'a.example\nb.example\n', 'new/a.zone': 'a.example 443 22\n' })
  const changed = diff(folder, 'old', 'new')
  assert.deepEqual([changed.status, changed.stderr], [1, ''])
  assert.equal(changed.stdout, 'for every client:\n  + a.example  tcp/22  new/a.zone:1\n  - b.example  tcp/443  was old/a.zone:2\n')
  assert.equal(diff(folder, 'old', 'old').status, 0)
})

test('diff has a machine form', (t) => {
  const folder = makeFolder(t, { 'old/a.zone': 'a.example\n', 'new/a.zone': '# none\n' })
  const { version, changes } = JSON.parse(diff(folder, 'old', 'new', '--json').stdout) as { version: number; changes: unknown[] }
  assert.equal(version, 1)
  assert.deepEqual(changes, [
    {
      subject: 'a.example',
      opens: [],
      closes: ['tcp/443'],
      notes: [],
      before: [{ file: 'old/a.zone', line: 1 }],
      after: [],
      clients: ['every client'],
    },
  ])
})

test('folders base and app are two tiers; a broken side is an error that says where', (t) => {
  const folder = makeFolder(t, {
    'old/base/b.zone': '!secret.example\n',
    'old/app/a.zone': 'secret.example\n',
    'new/base/b.zone': '# nothing\n',
    'new/app/a.zone': 'secret.example\n',
    'broken/a.zone': 'https://a.example/\n',
  })
  assert.match(diff(folder, 'old', 'new').stdout, /\+ secret\.example {2}tcp\/443/)
  const broken = diff(folder, 'old', 'broken')
  assert.equal(broken.status, 2)
  assert.match(broken.stderr, /broken\/a\.zone:1: .*write "a\.example"/)
})
