// `sallyport check`: all that is wrong with the zone files, at once.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { policySettings } from '../daemon/policy-settings.ts'
import { loadPolicy } from '../zones/load.ts'
import { formatProblem } from '../zones/parse.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'

export function addCheck(program: Command): void {
  program
    .command('check [folder]')
    .description('validates the zone files, by default those of the settings')
    .option('--json', 'prints the findings for machines')
    .action(async (folder: string | undefined, _options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { readonly json?: boolean }>()
      const config = loadConfig(folder === undefined ? options : { ...options, zones: resolve(folder) })
      const load = await loadPolicy(config.zones, policySettings(config))
      const problems = load.kind === 'broken' ? load.problems : load.warnings
      if (options.json) printJson({ valid: load.kind === 'loaded', problems })
      else {
        for (const problem of problems) print(formatProblem(problem))
        print(
          load.kind === 'loaded'
            ? `${load.files.length} zone files, ${load.policy.ruleCount} entries: valid`
            : 'the zone files are broken and would not take effect',
        )
      }
      process.exitCode = load.kind === 'loaded' ? EXIT.yes : EXIT.no
    })
}
