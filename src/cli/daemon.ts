// `sallyport up`, its two parts each on its own, and `sallyport down`.

import type { Command } from 'commander'
import { runningHolder } from '../daemon/lock.ts'
import { statePaths } from '../daemon/path.ts'
import { runResolver } from '../daemon/resolver-process.ts'
import { removeState } from '../daemon/state-folder.ts'
import { runSupervisor } from '../daemon/supervisor.ts'
import { runUpdater } from '../daemon/updater-process.ts'
import { down } from '../updater/down.ts'
import { EXIT, type GlobalOptions, loadConfig, logFor, parametersOf, print } from './context.ts'

export function addDaemons(program: Command): void {
  addRunner(program, 'up', 'runs resolver and updater under a supervisor until stopped; a guard stays in place', async (options) => {
    const config = loadConfig(options)
    return runSupervisor({ config, parameters: parametersOf(options), log: logFor(config, 'up'), say: print })
  })
  addRunner(program, 'resolver', 'runs the resolver alone, for containers and service managers', async (options) => {
    const config = loadConfig(options)
    await runResolver(config, logFor(config, 'resolver'))
    return EXIT.yes
  })
  addRunner(program, 'updater', 'runs the updater alone, for containers and service managers', async (options) => {
    const config = loadConfig(options)
    await runUpdater(config, logFor(config, 'updater'))
    return EXIT.yes
  })
  addRunner(program, 'down', 'removes the firewall table and routing rules; nothing else', takeDown)
}

async function takeDown(options: GlobalOptions): Promise<number> {
  const config = loadConfig(options)
  const paths = statePaths(config.state)
  const holder = runningHolder(paths.lock)
  if (holder !== undefined) {
    process.stderr.write(`sallyport: "sallyport up" is running as process ${holder}: stop it first\n`)
    return EXIT.no
  }
  const outcome = await down({ socketPath: paths.leases, table: config.updater.table })
  if (outcome.kind === 'refused') {
    process.stderr.write(`sallyport: ${outcome.message}\n`)
    return EXIT.no
  }
  removeState(paths)
  for (const sentence of outcome.removed) print(sentence)
  if (outcome.removed.length === 0) print('nothing to remove')
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
