// Arguments → command → exit code. Home of commander.

import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config.ts'
import { StartError } from '../daemon/start-error.ts'
import { UpdaterStartError } from '../updater/start-error.ts'
import { DestinationError } from '../zones/edit.ts'
import { addCheck } from './check.ts'
import { EXIT } from './context.ts'
import { addDaemons } from './daemon.ts'
import { addDiff } from './diff.ts'
import { addEdits } from './edit.ts'
import { CommandError } from './policy.ts'
import { addStatus } from './status.ts'
import { addWhy } from './why.ts'

const EXAMPLES = `
Exit codes: 0 yes or done, 1 no or problems found, 2 usage or configuration error.

Examples:
  sallyport up                          filter names, and guard what the settings say
  sallyport why api.example.com:443     would it be let through, and which entry says so?
  sallyport allow api.example.com       add it to the app zone file
  sallyport check zones                 validate a folder of zone files
`

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

/** What its message explains wholly. Anything else is a bug, and is shown with its stack. */
function isExpected(error: unknown): error is Error {
  return [ConfigError, StartError, UpdaterStartError, DestinationError, CommandError].some((kind) => error instanceof kind)
}

function createProgram(): Command {
  const program = new Command('sallyport')
    .description('Egress control for agent sandboxes: only allow-listed names resolve, and only what they resolve to can be reached.')
    .option('--config <file>', 'the settings (default: sallyport.yaml here, then /etc/sallyport/sallyport.yaml)')
    .option('--zones <folder>', 'the folder of zone files, in place of the one in the settings')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
  for (const add of [addDaemons, addCheck, addDiff, addWhy, addEdits, addStatus]) add(program)
  // Subcommands copy the settings of the program only if they were made before they are set.
  for (const command of program.commands) command.exitOverride()
  return program
}
