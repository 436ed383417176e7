// `sallyport check`: all that is wrong with the zone files, at once; with --needs, what they do not let through.

import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config/config.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import { type Check, type Finding, formatFinding } from '../report/finding.ts'
import { toJunit } from '../report/junit.ts'
import { toSarif } from '../report/sarif.ts'
import { type Load, loadPolicy } from '../zones/loader.ts'
import { CommandError, count, EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { writeText } from './file.ts'
import { checkNeeds, type NeedsOptions } from './needs.ts'

interface CheckOptions extends GlobalOptions, NeedsOptions {
  readonly json?: boolean
  readonly junit?: string
  readonly sarif?: string
}

const EXAMPLES = `
Examples:
  sallyport check zones
  sallyport check zones --needs needs.yaml --junit check.xml --sarif check.sarif
  sallyport check --needs needs.txt --live        on the gateway, or in a sandbox

needs.txt: one NAME[:PORT] or ADDRESS[:PORT] a line; # starts a comment.
needs.yaml: a list of {integration: payments, destination: api.example.com:443, owner: team-billing, client: reviewer-7}`

export function addCheck(program: Command): void {
  program
    .command('check [folder]')
    .description('validates settings and zone files; the folder is that of the settings unless given')
    .option('--needs <file>', 'fails for each destination in the file that would be denied, or whose entry ends soon')
    .option('--soon <days>', 'how near an end is soon', parseDays, 14)
    .option('--live', 'with --needs: resolves and connects through the running gateway, too')
    .option('--server <address>', 'with --live: whom to ask (default: the resolver that runs here, else resolv.conf)')
    .option('--junit <file>', 'writes the outcome as JUnit XML')
    .option('--sarif <file>', 'writes the findings as SARIF 2.1.0')
    .option('--json', 'prints the findings for machines')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string | undefined, _options: object, command: Command) => {
      const options = command.optsWithGlobals<CheckOptions>()
      const config = loadConfig(folder === undefined ? options : { ...options, zones: resolve(folder) })
      process.exitCode = await check(config, options)
    })
}

async function check(config: Config, options: CheckOptions): Promise<number> {
  if (options.live && options.needs === undefined) throw new CommandError('--live tries what --needs FILE names: name one')
  const load = await loadPolicy(config.zones, policySettings(config))
  const needs = load.kind === 'loaded' && options.needs !== undefined ? await checkNeeds(config, load.policy, options.needs, options) : []
  const checks = [checkOfZones(load), ...needs]
  const findings = checks.flatMap((each) => each.findings)
  if (options.junit !== undefined) writeText(options.junit, toJunit(checks))
  if (options.sarif !== undefined) writeText(options.sarif, toSarif(findings, process.cwd()))
  if (options.json) printJson({ valid: load.kind === 'loaded', problems: problemsOf(load), needs: needs.flatMap((each) => each.findings) })
  else for (const line of [...findings.map(formatFinding), summary(load), ...summaryOfNeeds(needs)]) print(line)
  return findings.some(({ severity }) => severity === 'error') ? EXIT.no : EXIT.yes
}

function problemsOf(load: Load) {
  return load.kind === 'broken' ? load.problems : load.warnings
}

function checkOfZones(load: Load): Check {
  const findings = problemsOf(load).map(
    ({ severity, ...problem }): Finding => ({ ...problem, severity, rule: severity === 'error' ? 'zone-error' : 'zone-warning' }),
  )
  return { group: 'zones', name: 'the zone files are valid', findings }
}

function summary(load: Load): string {
  return load.kind === 'loaded'
    ? `${count(load.files.length, 'zone file', 'zone files')}, ${count(load.policy.ruleCount, 'entry', 'entries')}: valid`
    : 'the zone files are broken and would not take effect'
}

function summaryOfNeeds(needs: readonly Check[]): readonly string[] {
  const failed = needs.filter(({ findings }) => findings.length > 0).length
  if (needs.length === 0) return []
  return [
    failed === 0
      ? `${count(needs.length, 'needed destination', 'needed destinations')}: all allowed`
      : `${failed} of ${needs.length} needed destinations fail`,
  ]
}

function parseDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 0 || days > 36_500) throw new InvalidArgumentError('expected a whole number of days')
  return days
}
