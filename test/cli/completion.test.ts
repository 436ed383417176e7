// The scripts, asked by the shells themselves.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { makeHome } from './home.ts'

/** What the shell offers after these words, the last of which is being typed. */
type Ask = (script: string, words: readonly string[]) => readonly string[]

const SHELLS: Readonly<Record<string, Ask>> = {
  bash: (script, words) => {
    const asked = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sallyport; printf '%s\\n' "\${COMPREPLY[@]}"`
    return run('bash', ['--norc', '-c', asked, 'bash', ...words])
  },
  // compadd and _files work inside the line editor only: here they print what they are given.
  zsh: (script, words) => {
    const shell = `autoload -U compinit; compinit -u -D\n${script}\ncompadd() { shift; print -l -- "$@" }; _files() { }\n`
    return run('zsh', ['-f', '-c', `${shell}words=("$@"); CURRENT=$#; _sallyport`, 'zsh', ...words]).filter((word) =>
      word.startsWith(words.at(-1)!),
    )
  },
  fish: (script, words) =>
    run('fish', ['--no-config', '-c', `${script}\ncomplete -C "${words.join(' ')}"`]).map((line) => line.split('\t')[0]!),
}

function run(program: string, words: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync(program, words, { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  return stdout.split('\n').filter((line) => line !== '')
}

for (const [shell, ask] of Object.entries(SHELLS)) {
  test(`${shell} offers commands, the flags of the command, and values that a command knows`, (t) => {
    const { status, stdout } = makeHome(t).run('completion', shell)
    assert.equal(status, 0)
    const offered = (...words: readonly string[]) => [...ask(stdout, ['sallyport', ...words])].sort()
    assert.deepEqual(offered('wh'), ['why'])
    assert.deepEqual(offered('st'), ['status'])
    assert.deepEqual(offered('why', '--cl'), ['--client'])
    assert.deepEqual(offered('init', 'g'), ['gemini', 'github', 'gitlab', 'go'])
    assert.deepEqual(offered('init', 'npm', 'py'), ['pypi'])
    assert.deepEqual(offered('down', '--sta'), ['--state'])
    assert.deepEqual(offered('log', 'verify', '--che'), ['--checkpoint'])
    assert.deepEqual(offered('status', '--part', ''), ['resolver', 'updater'])
    assert.deepEqual(offered('audit', '--by', 'c'), ['client'])
    assert.deepEqual(
      offered('init', '--config', '').filter((word) => word === 'npm'),
      [],
      'a file, and no preset',
    )
  })
}

test('another shell is exit 2 with those that there are', (t) => {
  const { status, stderr } = makeHome(t).run('completion', 'tcsh')
  assert.deepEqual([status, /bash, zsh, fish/.test(stderr)], [2, true])
})
