// `sallyport prove`: tries to escape, and says what got out.
import { type Command, Option } from 'commander'
import { GUARDS, type GuardUnderTest } from '../doctor/prove/plan.ts'
import type { ProveOptions } from '../doctor/prove/prove.ts'
import { describeProof, isProven, summarise } from '../doctor/prove/report.ts'
import { CommandError, EXIT, print, printJson } from './context.ts'

interface Options {
  readonly guard: GuardUnderTest
  readonly owner: ProveOptions['owner']
  readonly only?: readonly string[]
  readonly json?: boolean
}

export function addProve(program: Command): void {
  program
    .command('prove')
    .description('tries to escape from a sandbox that it makes behind this sallyport, and says what got out')
    .addOption(
      new Option('--guard <guard>', 'the guard to attack; none shows what an unguarded gateway lets out')
        .choices(GUARDS)
        .default('forward'),
    )
    .addOption(new Option('--owner <owner>', 'whether the table is owned, where the kernel can').choices(['auto', 'off']).default('auto'))
    .option('--only <words...>', 'only attacks whose group or name has one of the words')
    .option('--json', 'prints the evidence for machines')
    .addHelpText(
      'after',
      '\nNeeds root. Exit code 1 if anything got out.\n\nExamples:\n  sallyport prove\n  sallyport prove --guard output --json\n',
    )
    .action(async ({ guard, owner, only, json }: Options) => {
      if (process.getuid!() !== 0) throw new CommandError('prove makes network namespaces, which needs root: run "sudo sallyport prove"')
      const { prove } = await import('../doctor/prove/prove.ts')
      const proof = await prove({ guard, owner, program: [process.execPath, process.argv[1]!], ...(only === undefined ? {} : { only }) })
      if (json) printJson({ summary: summarise(proof), ...proof })
      else for (const line of describeProof(proof)) print(line)
      process.exitCode = isProven(proof) ? EXIT.yes : EXIT.no
    })
}
