// `sallyport status`: what both processes say of themselves.

import { type Command, Option } from 'commander'
import { askControl } from '../daemon/control.ts'
import type { Part } from '../daemon/identity.ts'
import { statePaths } from '../daemon/path.ts'
import type { ResolverStatus, UpdaterProcessStatus } from '../daemon/status.ts'
import { formatProblem } from '../zones/parse.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'

const PARTS: readonly Part[] = ['resolver', 'updater']

interface StatusOptions extends GlobalOptions {
  readonly json?: boolean
  readonly part?: Part
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what is running, the policy in force, leases, the last reload error')
    .option('--json', 'prints the status for machines')
    .addOption(new Option('--part <part>', 'asks one part only, as health checks do').choices(PARTS))
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>()
      const paths = statePaths(loadConfig(options).state)
      const asked = options.part === undefined ? PARTS : [options.part]
      const ask = async (part: Part, socket: string) => (asked.includes(part) ? await askControl(socket, '/status') : undefined)
      const resolver = (await ask('resolver', paths.resolverControl)) as ResolverStatus | undefined
      const updater = (await ask('updater', paths.updaterControl)) as UpdaterProcessStatus | undefined
      const answered = { resolver, updater }
      if (options.json) printJson(Object.fromEntries(asked.map((part) => [part, answered[part] ?? null])))
      else for (const line of asked.flatMap((part) => describe(part, answered))) print(line)
      process.exitCode = asked.every((part) => answered[part] !== undefined) ? EXIT.yes : EXIT.no
    })
}

interface Answered {
  readonly resolver: ResolverStatus | undefined
  readonly updater: UpdaterProcessStatus | undefined
}

function describe(part: Part, { resolver, updater }: Answered): readonly string[] {
  return part === 'resolver' ? describeResolver(resolver) : describeUpdater(updater)
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
