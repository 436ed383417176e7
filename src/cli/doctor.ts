// `sallyport doctor`: tests this host for the chosen set-up.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { describeDiagnosis, isHealthy } from '../doctor/host/report.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'

interface Options extends GlobalOptions {
  readonly guard?: 'forward' | 'output'
  readonly sandbox?: number
  readonly rehearsal: boolean
  readonly json?: boolean
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('tests what the set-up needs of this host, by doing it in a network namespace that goes at once')
    .addOption(new Option('--guard <guard>', 'the guard to test for, in place of that of the settings').choices(['forward', 'output']))
    .option('--sandbox <pid>', 'a process of the sandbox, whose capabilities are looked at', parsePid)
    .option('--no-rehearsal', 'leaves out the whole path and what the control costs, which takes most of the time')
    .option('--json', 'prints the findings for machines')
    .addHelpText(
      'after',
      '\nExit code 1 if anything is bad. As root it tests everything; else what it can.\n\nExamples:\n  sallyport doctor\n  sallyport doctor --guard output --sandbox 4711\n',
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const { examineHost } = await import('../doctor/host/doctor.ts')
      const { guard, sandbox, rehearsal } = options
      const diagnosis = await examineHost({
        config: loadConfig(options),
        guard,
        sandbox,
        rehearsal,
        program: [process.execPath, process.argv[1]!],
      })
      if (options.json) printJson({ healthy: isHealthy(diagnosis), ...diagnosis })
      else for (const line of describeDiagnosis(diagnosis)) print(line)
      process.exitCode = isHealthy(diagnosis) ? EXIT.yes : EXIT.no
    })
}

function parsePid(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a process id.')
  return Number(text)
}
