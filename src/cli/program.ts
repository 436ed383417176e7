// Arguments → command → exit code. Home of commander.

import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config.ts'
import { StartError } from '../daemon/start-error.ts'
import { UpdaterStartError } from '../updater/start-error.ts'
import { DestinationError } from '../zones/edit.ts'
import { addAudit } from './audit.ts'
import { addCheck } from './check.ts'
import { addCompletion } from './completion.ts'
import { CommandError, EXIT } from './context.ts'
import { addDaemons } from './daemon.ts'
import { addDiff } from './diff.ts'
import { addDoctor } from './doctor.ts'
import { addEdits } from './edit.ts'
import { addGlobalFlags } from './flag.ts'
import { addInit } from './init.ts'
import { addLog } from './log.ts'
import { version } from './place.ts'
import { addProve } from './prove.ts'
import { addReport } from './report.ts'
import { addRun } from './run.ts'
import { addStatus } from './status.ts'
import { addSuggest } from './suggest.ts'
import { addWhy } from './why.ts'

/** In the order of help. A command of its own is a file of its own and a line here; tests then ask for its --help and its place in README. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addInit,
  addDaemons,
  addRun,
  addCheck,
  addDiff,
  addWhy,
  addEdits,
  addAudit,
  addSuggest,
  addLog,
  addStatus,
  addDoctor,
  addProve,
  addReport,
  addCompletion,
]

/** What its message explains wholly. Anything else is a bug, and is shown with its stack. */
const EXPECTED: readonly (new (...parameters: never[]) => Error)[] = [
  ConfigError,
  StartError,
  UpdaterStartError,
  DestinationError,
  CommandError,
]

const EXIT_CODES = '\nExit codes: 0 yes or done, 1 no or problems found, 2 usage or configuration error.'
const EXAMPLES = `
Examples:
  sallyport init npm github             settings and zone files to start from
  sallyport up                          filter names, and guard what the settings say
  sallyport why api.example.com:443     would it be let through, and which entry says so?
  sallyport allow api.example.com       add it to the app zone file
  sallyport check zones                 validate a folder of zone files`

/** Runs the command that the arguments name. Returns the exit code. */
export async function runProgram(words: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(words)
    return Number(process.exitCode ?? EXIT.yes)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.yes : EXIT.usage
    if (!isExpected(error)) throw error
    for (const line of error.message.split('\n')) process.stderr.write(`sallyport: ${line}\n`)
    return EXIT.usage
  }
}

function isExpected(error: unknown): error is Error {
  return EXPECTED.some((kind) => error instanceof kind)
}

export function createProgram(): Command {
  const program = new Command('sallyport')
    .description('Egress control for agent sandboxes: only allow-listed names resolve, and only what they resolve to can be reached.')
    .version(version())
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sallyport: ')) })
    .exitOverride()
    .addHelpText('afterAll', EXIT_CODES)
    .addHelpText('after', EXAMPLES)
  addGlobalFlags(program)
  for (const add of COMMANDS) add(program)
  return program
}
