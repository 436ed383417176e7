// `sallyport init`: settings and zone files to start from. What exists is kept.

import { join, resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { CONFIG_FILE } from '../config/read.ts'
import { ZONE_SUFFIX } from '../zones/load.ts'
import { EXIT, type GlobalOptions, loadConfig, print } from './context.ts'
import { createText, readText, replaceText } from './file.ts'
import { APP_ZONE, settingsText } from './init-text.ts'
import { type Preset, presetNames, readPreset } from './preset.ts'

interface InitOptions extends GlobalOptions {
  readonly force?: boolean
}

const EXAMPLES = `
Examples:
  sallyport init npm github anthropic     what a coding agent needs for a project in Node.js
  sallyport init --force github           zones/github.zone as this version has it`

export function addInit(program: Command): void {
  program
    .command('init')
    .addArgument(new Argument('[presets...]', 'a service that sandboxes need').choices(presetNames()))
    .description('writes sallyport.yaml, zones/app.zone and a zone file for each preset, where they are missing')
    .option('--force', 'replaces zone files of presets that differ; sallyport.yaml and app.zone are yours and are kept')
    .addHelpText('after', EXAMPLES)
    .action((names: readonly string[], _options: object, command: Command) => {
      process.exitCode = init(names.map(readPreset), command.optsWithGlobals<InitOptions>())
    })
}

/** Exit code 1: a preset was asked for, and another file of that name was kept. */
function init(presets: readonly Preset[], options: InitOptions): number {
  if (options.config !== undefined || loadConfig(options).file === undefined) {
    writeMissing(resolve(options.config ?? CONFIG_FILE), settingsText(options.zones ?? './zones'))
  }
  const { zones } = loadConfig(options)
  const { base, app } = zones.kind === 'one' ? { base: zones.folder, app: zones.folder } : zones
  writeMissing(join(app, `app${ZONE_SUFFIX}`), APP_ZONE)
  const kept = presets.filter(({ name, text }) => !writePreset(join(base, `${name}${ZONE_SUFFIX}`), text, options.force === true))
  print('next: "sallyport check", then "sallyport up"')
  return kept.length === 0 ? EXIT.yes : EXIT.no
}

function writeMissing(file: string, text: string): void {
  const isThere = readText(file) !== undefined
  if (!isThere) createText(file, text)
  print(`${isThere ? 'kept' : 'wrote'} ${file}`)
}

/** Whether the file holds the preset now. */
function writePreset(file: string, text: string, mayReplace: boolean): boolean {
  const former = readText(file) ?? text
  if (former === text) writeMissing(file, text)
  else if (mayReplace) replaceText(file, text)
  if (former !== text) print(mayReplace ? `replaced ${file}` : `kept ${file}, which differs from the preset; --force replaces it`)
  return former === text || mayReplace
}
