// `sallyport up`, its two parts each on its own, and `sallyport down`. What they run is loaded when they run: it is most of the
// program, and the other commands are to start fast. What Node has compiled is written out while the process still may.

import { flushCompileCache } from 'node:module'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import type { HeadStart } from '../daemon/head-start.ts'
import type { Logger } from '../log.ts'
import { EXIT, type GlobalOptions, loadConfig, print } from './context.ts'

/** By then the parts have started, which need the processor more than the log that only tells when one of them ends. */
const LOG_AFTER_MS = 1_000

/** @param headStart of the parts of `up`, where they are being loaded already */
export function addDaemons(program: Command, headStart?: HeadStart): void {
  addRunner(program, 'up', 'runs resolver and updater under a supervisor until stopped; a guard stays in place', (options) =>
    runUp(options, headStart),
  )
  addRunner(program, 'resolver', 'runs the resolver alone, for containers and service managers', runResolverAlone)
  addRunner(program, 'updater', 'runs the updater alone, for containers and service managers', runUpdaterAlone)
  addRunner(program, 'down', 'removes firewall table, routing rules and state; nothing else', runDown)
}

async function runUp(options: GlobalOptions, headStart: HeadStart | undefined): Promise<number> {
  const config = loadConfig(options)
  const { runSupervisor } = await import('../daemon/supervisor.ts')
  let opening: Promise<Logger> | undefined
  const openLog = () => (opening ??= logFor(config, 'up'))
  // Loaded before there is something to say too: the package may be replaced while this runs.
  setTimeout(openLog, LOG_AFTER_MS).unref()
  return runSupervisor({
    config,
    headStart,
    say: print,
    warn: (sentence, fields = {}) => void openLog().then((log) => log.warn(fields, sentence)),
  })
}

async function runResolverAlone(options: GlobalOptions): Promise<number> {
  const config = loadConfig(options)
  const { runResolver } = await import('../daemon/resolver-process.ts')
  flushCompileCache()
  await runResolver(config, await logFor(config, 'resolver'))
  return EXIT.yes
}

async function runUpdaterAlone(options: GlobalOptions): Promise<number> {
  const config = loadConfig(options)
  const { runUpdater } = await import('../daemon/updater-process.ts')
  flushCompileCache()
  await runUpdater(config, await logFor(config, 'updater'))
  return EXIT.yes
}

async function runDown(options: GlobalOptions): Promise<number> {
  const config = loadConfig(options)
  const { takeDown } = await import('../daemon/take-down.ts')
  const outcome = await takeDown(config)
  if (outcome.kind === 'refused') {
    process.stderr.write(`sallyport: ${outcome.message}\n`)
    return EXIT.no
  }
  for (const sentence of outcome.removed) print(`removed ${sentence}`)
  if (outcome.removed.length === 0) print('nothing to remove')
  for (const path of outcome.stays) print(`left ${path}, which only its owner or root may remove`)
  return EXIT.yes
}

function addRunner(program: Command, name: string, description: string, run: (options: GlobalOptions) => Promise<number>): void {
  program
    .command(name)
    .description(description)
    .action(async (_options: object, command: Command) => {
      process.exitCode = await run(command.optsWithGlobals<GlobalOptions>())
    })
}

async function logFor(config: Config, part: string): Promise<Logger> {
  const { createLog } = await import('../log.ts')
  return createLog({ ...config.log, part })
}
