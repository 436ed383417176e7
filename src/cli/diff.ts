// `sallyport diff`: what a change of zone files opens and closes, for whoever reviews it.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { comparePolicies, type Side } from '../audit/compare.ts'
import { changeToJson, describeChanges } from '../audit/describe-change.ts'
import type { Config } from '../config/config.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import type { ZoneFolders } from '../zones/load.ts'
import { loadPolicy } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'
import { CommandError, EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'

export function addDiff(program: Command): void {
  program
    .command('diff <old> <new>')
    .description('says what a change of zone files opens and closes: names, ports, clients')
    .option('--json', 'prints the changes for machines')
    .addHelpText(
      'after',
      `
OLD and NEW are folders of zone files; one that holds the folders base and app is taken for two tiers.
Exit code 0: nothing is opened or closed, 1: something is.

Example:
  git worktree add /tmp/old main && sallyport diff /tmp/old/zones zones`,
    )
    .action(async (older: string, newer: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { readonly json?: boolean }>()
      const config = loadConfig(options)
      const changes = comparePolicies(await loadSide(config, older), await loadSide(config, newer), Date.now())
      if (options.json) printJson({ changes: changes.map(changeToJson) })
      else for (const line of describeChanges(changes)) print(line)
      process.exitCode = changes.length === 0 ? EXIT.yes : EXIT.no
    })
}

async function loadSide(config: Config, folder: string): Promise<Side> {
  const load = await loadPolicy(foldersAt(folder), { ...policySettings(config), audit: false })
  if (load.kind === 'loaded') return load
  throw new CommandError(load.problems.map(formatProblem).join('\n'))
}

/** Paths stay as they are written, so that they can be clicked on in a review. */
function foldersAt(folder: string): ZoneFolders {
  const [base, app] = [join(folder, 'base'), join(folder, 'app')]
  return existsSync(resolve(base)) && existsSync(resolve(app)) ? { kind: 'tiers', base, app } : { kind: 'one', folder }
}
