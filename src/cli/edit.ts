// `sallyport allow` and `sallyport deny`: one entry in the app zone file, then the new verdict.

import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { allowInZone, type Destination, denyInZone, parseDestination } from '../zones/edit.ts'
import { EXIT, type GlobalOptions, loadConfig, print } from './context.ts'
import { describe, explain } from './why.ts'

interface EditOptions extends GlobalOptions {
  readonly file?: string
}

type Edit = (text: string, destination: Destination) => string

export function addEdits(program: Command): void {
  addEdit(program, 'allow', 'allows NAME[:PORT], *.NAME, an address or a prefix, in the app zone file', allowInZone)
  addEdit(program, 'deny', 'denies NAME, *.NAME, an address or a prefix, in the app zone file', denyInZone)
}

function addEdit(program: Command, verb: 'allow' | 'deny', description: string, edit: Edit): void {
  program
    .command(`${verb} <destination>`)
    .description(description)
    .option('--file <zone>', 'the zone file to edit (default: app.zone in the zone folder of the app tier)')
    .action(async (text: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<EditOptions>()
      const config = loadConfig(options)
      const destination = parseDestination(text)
      editFile(options.file ?? appFile(config), (zone) => edit(zone, destination))
      process.exitCode = await tellVerdict(config, destination, verb)
    })
}

async function tellVerdict(config: Config, destination: Destination, wanted: 'allow' | 'deny'): Promise<number> {
  if (destination.kind === 'prefix' || destination.pattern.wildcard) return EXIT.yes
  const answer = await explain(config, destination, undefined)
  for (const line of describe(answer)) print(line)
  return answer.verdict === wanted ? EXIT.yes : EXIT.no
}

function appFile({ zones }: Config): string {
  return join(zones.kind === 'one' ? zones.folder : zones.app, 'app.zone')
}

/** Writes a new file and renames it over the old one, so that nobody ever reads half of it. */
function editFile(file: string, edit: (text: string) => string): void {
  const former = statSync(file, { throwIfNoEntry: false })
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, edit(former === undefined ? '' : readFileSync(file, 'utf8')), { mode: former?.mode ?? 0o644 })
  renameSync(temporary, file)
}
