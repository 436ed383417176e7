// Arguments → command → exit code. Home of commander.

import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config.ts'
import type { HeadStart } from '../daemon/head-start.ts'
import { StartError } from '../daemon/start-error.ts'
import { printError } from '../printable.ts'
import { UpdaterStartError } from '../updater/start-error.ts'
import { DestinationError } from '../zones/destination-error.ts'
import { CommandError, EXIT } from './context.ts'
import { addGlobalFlags } from './flag.ts'
import { version } from './place.ts'

export type AddCommand = (program: Command) => void

const DAEMONS: ReadonlySet<string> = new Set(['up', 'resolver', 'updater'])

/** What its message explains wholly. Anything else is a bug, and is shown with its stack. */
const EXPECTED: readonly (new (...parameters: never[]) => Error)[] = [
  ConfigError,
  StartError,
  UpdaterStartError,
  DestinationError,
  CommandError,
]

const EXIT_CODES = '\nExit codes: 0 yes or done, 1 no or problems found, 2 usage or configuration error.'
const EXIT_CODES_OF_RUN =
  '\nExit codes: that of the command, 128 and more for a signal, 126 or 127 if it cannot be started; 2 if the sandbox cannot be made.'
const EXAMPLES = `
Examples:
  sallyport init npm github             settings and zone files to start from
  sallyport up                          filter names, and guard what the settings say
  sallyport why api.example.com:443     would it be let through, and which entry says so?
  sallyport allow api.example.com       add it to the app zone file
  sallyport check zones                 validate a folder of zone files`

/** Runs the command that the arguments name, with what has been begun for it. Returns the exit code. */
export async function runProgram(words: readonly string[], headStart?: HeadStart): Promise<number> {
  try {
    const program = createFrame()
    for (const add of await commandsFor(words, headStart)) add(program)
    await program.parseAsync(words)
    return Number(process.exitCode ?? EXIT.yes)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.yes : EXIT.usage
    if (!isExpected(error)) throw error
    printError(error)
    return EXIT.usage
  }
}

/** What somebody waits for at a terminal, and what makes names wait at a start, loads its own part; others load what all commands need together. */
async function commandsFor([, , name]: readonly string[], headStart: HeadStart | undefined): Promise<readonly AddCommand[]> {
  if (name === '--version') return []
  if (name === 'run') return [(await import('./run.ts')).addRun]
  if (name !== undefined && DAEMONS.has(name)) {
    const { addDaemons } = await import('./daemon.ts')
    return [(program) => addDaemons(program, headStart)]
  }
  return (await import('./commands.ts')).COMMANDS
}

function isExpected(error: unknown): error is Error {
  return EXPECTED.some((kind) => error instanceof kind)
}

/** The program without its commands. */
export function createFrame(): Command {
  const program = new Command('sallyport')
    .description('Egress control for agent sandboxes: only allow-listed names resolve, and only what they resolve to can be reached.')
    .version(version())
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sallyport: ')) })
    .exitOverride()
    .addHelpText('afterAll', ({ command }) => (command.name() === 'run' ? EXIT_CODES_OF_RUN : EXIT_CODES))
    .addHelpText('after', EXAMPLES)
  addGlobalFlags(program)
  return program
}
