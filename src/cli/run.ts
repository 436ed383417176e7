// `sallyport run`: one command, confined, with what it may reach named on the command line or in zone files.

import { openSync } from 'node:fs'
import { constants } from 'node:os'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { readEnvironment } from '../config/environment.ts'
import { printable, printError } from '../printable.ts'
import type { Account } from '../sandbox/account.ts'
import { rememberPlaces } from '../sandbox/guarded.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { describeAccount } from '../sandbox/table.ts'
import type { CommandUser } from '../sandbox/user.ts'
import { openQuestions, type Questions } from './ask.ts'
import { CommandError, loadConfig } from './context.ts'
import { writeText } from './file.ts'
import { append, type GlobalOptions } from './flag.ts'

interface RunOptions extends GlobalOptions {
  readonly allow?: readonly string[]
  readonly expose?: readonly string[]
  readonly ask?: boolean
  readonly audit?: boolean
  readonly user?: string
  readonly json?: string
  readonly quiet?: boolean
}

/** What is passed on to the command. The terminal itself tells it of its own keys and size. */
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
const FROM_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT']

const EXAMPLES = `
Examples:
  sallyport run --allow github.com -- git clone https://github.com/you/project
  sallyport run --zones zones -- npm install
  sallyport run --ask -- bash
  sallyport run --allow host:5432 -- psql -h host`

export function addRun(program: Command): void {
  program
    .command('run')
    .description('runs one command that reaches nothing but what zone files and --allow name')
    .argument('<command...>', 'the command and its words, after "--"')
    .option('--allow <destination>', 'NAME[:PORT], ADDRESS[:PORT], host:PORT for this machine, or a whole zone entry (repeatable)', append)
    .option(
      '--expose <socket>',
      'a Unix socket of this machine that the command may use: they are all hidden otherwise (repeatable)',
      append,
    )
    .option('--ask', 'shows what is refused while the command runs: one key allows it for this run, another writes it to the zone file')
    .option('--audit', 'lets everything through but special-purpose addresses, and records what would have been refused')
    .option('--user <user>', 'for root: whom the command runs as (default: who called sudo, else root)')
    .option('--json <file>', 'writes what was refused and contacted there, for machines')
    .option('--quiet', 'prints no table at the end')
    .addHelpText('after', EXAMPLES)
    .action(async (words: readonly string[], _options: object, command: Command) => {
      process.exitCode = await run(words, command.optsWithGlobals<RunOptions>())
    })
}

async function run(command: readonly string[], options: RunOptions): Promise<number> {
  if (options.ask && options.audit) throw new CommandError('--ask: audit mode refuses nothing that could be asked for')
  const config = loadConfig(options)
  const changedPlaces = rememberPlaces(config, process.cwd())
  // Opened before the command can put anything else in its place.
  const report = options.json === undefined ? undefined : openReport(options.json)
  const { commandUser } = await import('../sandbox/user.ts')
  const user = commandUser({ wanted: options.user, invoker: readEnvironment().invoker })
  const questions = options.ask ? await openQuestions(config, user.other && user.uid) : undefined
  const confined = confine({ command, options, config, user, questions })
  const { code, account } = await confined.finally(() => questions?.terminal.close())
  if (report !== undefined) writeReport(report, options.json!, { version: 1, command, exitCode: code, ...account })
  for (const place of changedPlaces()) {
    const message = `${place} is not what it was when the command began, and the next run from here reads it: look at it first`
    process.stderr.write(`sallyport: ${printable(message)}\n`)
  }
  // On standard error, for standard output is the command's.
  if (!options.quiet) for (const line of describeAccount(account)) process.stderr.write(`${line}\n`)
  return code
}

interface Confined {
  readonly command: readonly string[]
  readonly options: RunOptions
  readonly config: Config
  readonly user: CommandUser
  readonly questions: Questions | undefined
}

async function confine({
  command,
  options,
  config,
  user,
  questions,
}: Confined): Promise<{ readonly code: number; readonly account: Account }> {
  const { createSandbox } = await import('../sandbox/sandbox.ts')
  const sandbox = await createSandbox({
    config: options.audit ? { ...config, mode: 'audit' } : config,
    allow: options.allow ?? [],
    expose: options.expose ?? [],
    user,
    command,
    stdio: questions?.stdio ?? ['inherit', 'inherit', 'inherit'],
    ...(questions === undefined ? {} : { foreignTerminal: questions.terminal.path, onRefused: questions.onRefused }),
    workingFolder: process.cwd(),
  })
  // Without questions the terminal tells the command of its own keys.
  const known = process.stdin.isTTY && questions === undefined ? FROM_TERMINAL : []
  for (const signal of SIGNALS) process.on(signal, () => (known.includes(signal) ? undefined : passOn(signal, sandbox.commandPid())))
  const code = await runToEnd(sandbox, questions).finally(sandbox.close)
  return { code: code ?? 128 + constants.signals.SIGKILL, account: sandbox.account() }
}

async function runToEnd(sandbox: Sandbox, questions: Questions | undefined): Promise<number | undefined> {
  questions?.answerTo(sandbox)
  await questions?.terminal.connect()
  return sandbox.run()
}

/** What the command has done is told all the same. */
function writeReport(descriptor: number, file: string, report: object): void {
  try {
    writeText(descriptor, `${JSON.stringify(report, undefined, 2)}\n`, file)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    printError(error)
  }
}

function openReport(file: string): number {
  try {
    return openSync(file, 'w')
  } catch (cause) {
    throw new CommandError(`--json: ${file} cannot be written: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

function passOn(signal: NodeJS.Signals, pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
