// `sallyport status`: what both processes say of themselves.

import type { Command } from 'commander'
import { askControl } from '../daemon/control.ts'
import { statePaths } from '../daemon/path.ts'
import type { ResolverStatus, UpdaterProcessStatus } from '../daemon/status.ts'
import { formatProblem } from '../zones/parse.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what is running, the policy in force, leases, the last reload error')
    .option('--json', 'prints the status for machines')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { readonly json?: boolean }>()
      const paths = statePaths(loadConfig(options).state)
      const resolver = (await askControl(paths.resolverControl, '/status')) as ResolverStatus | undefined
      const updater = (await askControl(paths.updaterControl, '/status')) as UpdaterProcessStatus | undefined
      if (options.json) printJson({ resolver: resolver ?? null, updater: updater ?? null })
      else for (const line of [...describeResolver(resolver), ...describeUpdater(updater)]) print(line)
      process.exitCode = resolver !== undefined && updater !== undefined ? EXIT.yes : EXIT.no
    })
}

function describeResolver(status: ResolverStatus | undefined): readonly string[] {
  if (status === undefined) return ['resolver: not running']
  const { revision, entries, waitingFor, reload } = status.policy
  return [
    `resolver: pid ${status.pid}, uid ${status.uid}, listening on ${status.listening.join(', ')}`,
    `policy: revision ${revision}, ${entries} entries${waitingFor === undefined ? '' : `; ${waitingFor} waits for the updater`}`,
    ...(reload.outcome === 'broken' ? ['last reload failed, the policy in force stays:'] : []),
    ...reload.problems.map((problem) => `  ${problem}`),
  ]
}

function describeUpdater(status: UpdaterProcessStatus | undefined): readonly string[] {
  if (status === undefined) return ['updater: not running']
  return [
    `updater: pid ${status.pid}, uid ${status.uid}, guard ${status.guard}, ${status.enforced ? `enforced by table ${status.table}` : 'nothing is enforced'}`,
    ...(status.reload.outcome === 'broken' ? status.reload.problems.map((problem) => `  ${formatProblem(problem)}`) : []),
    `leases: ${status.leases.length}`,
    ...status.leases.map(({ client, name, address, remainingSeconds }) => `  ${client}  ${name}  ${address}  ${remainingSeconds} s`),
  ]
}
