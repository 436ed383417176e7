// `sallyport allow` and `sallyport deny`: one entry in the app zone file, then the new verdict.

import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { appLimits } from '../daemon/policy-settings.ts'
import { isSingleAddress } from '../net/prefix.ts'
import { allowInZone, type Destination, denyInZone, parseDestination } from '../zones/edit.ts'
import { tierFolders } from '../zones/load.ts'
import { formatProblem, parseZone } from '../zones/parse.ts'
import { exceedLimits } from '../zones/tier-limit.ts'
import { describeAnswer } from './answer.ts'
import { CommandError, EXIT, type GlobalOptions, loadConfig, print } from './context.ts'
import { readText, replaceText } from './file.ts'
import { explain } from './why.ts'

interface EditOptions extends GlobalOptions {
  readonly file?: string
}

type Verb = 'allow' | 'deny'

const EDITS: Readonly<Record<Verb, (text: string, destination: Destination) => string>> = {
  allow: (text, destination) => allowInZone(text, destination, Date.now()),
  deny: denyInZone,
}

export function addEdits(program: Command): void {
  addEdit(program, 'allow', 'allows NAME[:PORT], *.NAME, an address or a prefix, in the app zone file')
  addEdit(program, 'deny', 'denies NAME, *.NAME, an address or a prefix, in the app zone file')
}

function addEdit(program: Command, verb: Verb, description: string): void {
  program
    .command(`${verb} <destination>`)
    .description(description)
    .option('--file <zone>', 'the zone file to edit (default: app.zone in the zone folder of the app tier)')
    .addHelpText('after', `\nExample:\n  sallyport ${verb} api.example.com`)
    .action(async (text: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<EditOptions>()
      const config = loadConfig(options)
      const destination = parseDestination(text)
      if (verb === 'deny' && destination.port !== undefined)
        throw new CommandError(`a deny holds for every port: leave the port out of "${text}"`)
      print(editFile(options.file ?? appFile(config), config, (zone) => EDITS[verb](zone, destination)))
      if (isInForce(options.file, config)) process.exitCode = await tellVerdict(config, destination, verb)
      else print(`${options.file} is not among the zone files of the settings, so nothing has changed yet`)
    })
}

function isInForce(file: string | undefined, { zones }: Config): boolean {
  return file === undefined || tierFolders(zones).some(({ folder }) => dirname(resolve(file)) === resolve(folder))
}

/** One verdict is to be had of a name or an address only: of wildcards and prefixes the entry itself is the news. */
async function tellVerdict(config: Config, destination: Destination, wanted: Verb): Promise<number> {
  const isOne = destination.kind === 'name' ? !destination.pattern.wildcard : isSingleAddress(destination.prefix)
  if (!isOne) return EXIT.yes
  const answer = await explain(config, destination, undefined)
  for (const line of describeAnswer(answer)) print(line)
  return answer.verdict === wanted ? EXIT.yes : EXIT.no
}

export function appFile({ zones }: Config): string {
  return join(zones.kind === 'one' ? zones.folder : zones.app, 'app.zone')
}

/** Allows a destination in a zone file as the command does. Throws CommandError before anything is written. */
export function allowInFile(file: string, config: Config, destination: string): void {
  editFile(file, config, (zone) => EDITS.allow(zone, parseDestination(destination)))
}

/** Returns what was done. Throws CommandError before anything is written if the file would not take effect. */
function editFile(file: string, config: Config, edit: (text: string) => string): string {
  const { zones } = config
  const before = readText(file)
  const after = edit(before ?? '')
  if (after === before) return `${file} says so already`
  const { zone, problems } = parseZone(after, { file, tier: zones.kind === 'tiers' ? 'app' : undefined })
  const errors = [...problems, ...(zone === undefined ? [] : exceedLimits([zone], appLimits(config)))].filter(
    ({ severity }) => severity === 'error',
  )
  if (errors.length > 0) throw new CommandError([...errors.map(formatProblem), `${file} would be broken, so it was left alone`].join('\n'))
  replaceText(file, after)
  return `${file} is written`
}
