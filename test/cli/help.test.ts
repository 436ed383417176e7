// What every command has in common: help that stands on its own, and exit codes.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Command, CommanderError } from 'commander'
import { createProgram } from '../../src/cli/commands.ts'
import { makeHome } from './home.ts'

/** "why", "log verify": the words of every command. */
function commandNames(): readonly string[] {
  const below = (command: Command, above: readonly string[]): string[][] =>
    command.commands.flatMap((each) => [[...above, each.name()], ...below(each, [...above, each.name()])])
  return below(createProgram(), []).map((words) => words.join(' '))
}

async function helpOf(words: readonly string[]): Promise<string> {
  const pieces: string[] = []
  const program = createProgram()
  const collect = (command: Command): void => {
    command.configureOutput({ writeOut: (piece) => void pieces.push(piece) })
    command.commands.forEach(collect)
  }
  collect(program)
  await assert.rejects(
    program.parseAsync(['node', 'sallyport', ...words, '--help']),
    (error) => error instanceof CommanderError && error.exitCode === 0,
  )
  return pieces.join('')
}

for (const name of commandNames()) {
  test(`${name} --help says how to call it, what it does, which flags it takes and how it ends`, async () => {
    const help = await helpOf(name.split(' '))
    assert.match(help, new RegExp(`^Usage: sallyport ${name}`))
    assert.match(help, /--config <file>/)
    assert.match(help, name === 'run' ? /Exit codes: that of the command/ : /Exit codes: 0 yes or done, 1 no/)
    assert.ok(help.split('\n')[2]!.length > 20, 'a description')
  })
}

test('help and version are answers: exit 0, on standard output', (t) => {
  const { run } = makeHome(t)
  const help = run('--help')
  assert.deepEqual([help.status, help.stderr], [0, ''])
  for (const name of commandNames().filter((each) => !each.includes(' '))) assert.match(help.stdout, new RegExp(`^ {2}${name}\\b`, 'm'))
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  assert.deepEqual([run('--version').stdout, run('--version').status], [`${version}\n`, 0])
})

test('a call that cannot be meant is exit 2, with one line on standard error that says why', (t) => {
  const { run } = makeHome(t)
  for (const [words, said] of [
    [['statsu'], /unknown command 'statsu'\n\(Did you mean status\?\)/],
    [['why'], /missing required argument 'destination'/],
    [['why', 'a.example', '--colour'], /unknown option '--colour'/],
    [['why', 'a.example', 'b.example'], /too many arguments/],
    [['check', '--config'], /'--config <file>' argument missing/],
  ] as const) {
    const { status, stdout, stderr } = run(...words)
    assert.deepEqual([status, stdout], [2, ''], words.join(' '))
    assert.match(stderr, said)
    assert.match(stderr, /^sallyport: /)
  }
})

test('no command: the help, on standard error, and exit 2', (t) => {
  const { status, stderr } = makeHome(t).run()
  assert.equal(status, 2)
  assert.match(stderr, /^Usage: sallyport/)
})
