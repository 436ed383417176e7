// `sallyport run`: one command, confined, with what it may reach named on the command line or in zone files.

import { openSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Command } from 'commander'
import { readEnvironment } from '../config/environment.ts'
import { describeAccount } from '../sandbox/table.ts'
import { CommandError, loadConfig } from './context.ts'
import { append, type GlobalOptions } from './flag.ts'

interface RunOptions extends GlobalOptions {
  readonly allow?: readonly string[]
  readonly expose?: readonly string[]
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
  const config = loadConfig(options)
  // Opened before the command can put anything else in its place.
  const report = options.json === undefined ? undefined : openReport(options.json)
  const { createSandbox } = await import('../sandbox/sandbox.ts')
  const { commandUser } = await import('../sandbox/user.ts')
  const sandbox = await createSandbox({
    config: options.audit ? { ...config, mode: 'audit' } : config,
    allow: options.allow ?? [],
    expose: options.expose ?? [],
    user: commandUser({ wanted: options.user, invoker: readEnvironment().invoker }),
    command,
    stdio: ['inherit', 'inherit', 'inherit'],
    workingFolder: process.cwd(),
  })
  for (const signal of SIGNALS) process.on(signal, () => passOn(signal, sandbox.commandPid()))
  const code = (await sandbox.run()) ?? 128 + constants.signals.SIGKILL
  await sandbox.close()
  const account = sandbox.account()
  if (report !== undefined) writeFileSync(report, `${JSON.stringify({ version: 1, command, exitCode: code, ...account }, undefined, 2)}\n`)
  // On standard error, for standard output is the command's.
  if (!options.quiet) for (const line of describeAccount(account)) process.stderr.write(`${line}\n`)
  return code
}

function openReport(file: string): number {
  try {
    return openSync(file, 'w')
  } catch (cause) {
    throw new CommandError(`--json: ${file} cannot be written: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

function passOn(signal: NodeJS.Signals, pid: number | undefined): void {
  if (pid === undefined || (process.stdin.isTTY && FROM_TERMINAL.includes(signal))) return
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
