import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { REFUSE_UNSTARTABLE } from '../../src/sandbox/unstartable.ts'

const folder = mkdtempSync(join(tmpdir(), 'unstartable-'))
after(() => rmSync(folder, { recursive: true }))
for (const place of ['bin', 'other bin']) mkdirSync(join(folder, place))
write('bin/plain', 0o644)
write('bin/two', 0o644)
write('other bin/two', 0o755)
write('here', 0o755)
write('bin/three', 0o755, '#!/nowhere/python -u')
write('other bin/three', 0o755)
write('bin/orphan', 0o755, '#! /nowhere/python -u')
write('bin/windows', 0o755, '#!/bin/sh\r')
write('bin/locked', 0o755, `#!${folder}/bin/plain`)
write('bin/bare', 0o755, '')

function write(file: string, mode: number, head = '#!/bin/sh'): void {
  writeFileSync(join(folder, file), `${head}\necho started\n`)
  chmodSync(join(folder, file), mode)
}

function start(command: string, path: string | undefined = 'bin:other bin:/usr/bin:/bin') {
  const script = `exec 5>&2 2>/dev/null\n${REFUSE_UNSTARTABLE}\nexec "$@" 2>&5`
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script, 'sallyport', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: path },
  })
  return [status, stdout + stderr]
}

test('what is not there is told with exit code 127, what may not be executed with 126', () => {
  for (const [command, code, says] of [
    ['nosuch', 127, 'nosuch: command not found'],
    ['cd', 127, 'cd: command not found'],
    ['*', 127, '*: command not found'],
    ['two\\n%s', 127, 'two\\n%s: command not found'],
    ['plain', 126, 'plain: may not be executed: permission denied'],
    ['bin/nosuch', 127, 'bin/nosuch: there is no such file'],
    ['bin/plain', 126, 'bin/plain: may not be executed: permission denied'],
    ['./bin', 126, './bin: is a folder'],
    ['bin/orphan', 127, 'bin/orphan: its interpreter /nowhere/python is not there'],
    ['orphan', 127, 'orphan: its interpreter /nowhere/python is not there'],
    ['bin/windows', 127, 'bin/windows: its first line ends in a carriage return: save it with the line ends of Unix'],
    ['bin/locked', 126, `bin/locked: its interpreter ${folder}/bin/plain may not be executed: permission denied`],
  ] as const)
    assert.deepEqual(start(command), [code, `sallyport: ${says}\n`])
})

test('a pipe is not waited for', () => {
  spawnSync('mkfifo', ['-m', '755', join(folder, 'pipe')])
  assert.equal(start('./pipe')[0], 126)
})

test('what can be started is: by path, by name, behind one of that name that cannot, and from the working folder where PATH has an empty entry', () => {
  for (const [command, path] of [
    ['./here'],
    [join(folder, 'other bin/two')],
    ['two'],
    ['three'],
    ['bin/bare'],
    ['here', 'bin:'],
    ['here', ':bin'],
    ['here', ''],
  ] as const)
    assert.deepEqual(start(command, path), [0, 'started\n'], `${command} ${path}`)
})
