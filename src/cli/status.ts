// `sallyport status`: what both processes say of themselves.

import { type Command, Option } from 'commander'
import { askControl } from '../daemon/control.ts'
import type { Part } from '../daemon/identity.ts'
import { type StatePaths, statePaths } from '../daemon/path.ts'
import type { ResolverStatus, UpdaterProcessStatus } from '../daemon/status.ts'
import { parseAddress } from '../net/address.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { showLive } from './live.ts'
import { describeResolver, describeUpdater } from './status-text.ts'

const PARTS: readonly Part[] = ['resolver', 'updater']
const MOST_LEASES = 50

interface StatusOptions extends GlobalOptions {
  readonly json?: boolean
  readonly part?: Part
  readonly client?: string
  readonly all?: boolean
  readonly watch?: boolean
}

interface Answered {
  readonly resolver: ResolverStatus | undefined
  readonly updater: UpdaterProcessStatus | undefined
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what is running, the policy in force, leases, the last reload error')
    .option('--client <who>', 'the leases of one client, by name or address')
    .option('--all', `every lease, not the first ${MOST_LEASES}`)
    .option('--watch', 'stays up to date until Ctrl-C')
    .option('--json', 'prints the status for machines; with --watch one line each time')
    .addOption(new Option('--part <part>', 'asks one part only, as health checks do').choices(PARTS))
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>()
      const paths = statePaths(loadConfig(options).state)
      if (options.watch) return showLive(async () => render(await ask(paths, options), options))
      const answered = await ask(paths, options)
      if (options.json) printJson(formOf(answered, options))
      else for (const line of render(answered, options)) print(line)
      process.exitCode = partsOf(options).every((part) => answered[part] !== undefined) ? EXIT.yes : EXIT.no
    })
}

function partsOf({ part }: StatusOptions): readonly Part[] {
  return part === undefined ? PARTS : [part]
}

async function ask(paths: StatePaths, options: StatusOptions): Promise<Answered> {
  const answerOf = async (part: Part, socket: string, target: string) =>
    partsOf(options).includes(part) ? await askControl(socket, target) : undefined
  return {
    resolver: (await answerOf('resolver', paths.resolverControl, '/status')) as ResolverStatus | undefined,
    updater: (await answerOf('updater', paths.updaterControl, `/status?${leaseQuery(options)}`)) as UpdaterProcessStatus | undefined,
  }
}

function leaseQuery({ client, all }: StatusOptions): URLSearchParams {
  const query = new URLSearchParams({ leases: all ? 'all' : String(MOST_LEASES) })
  if (client !== undefined) query.set('client', parseAddress(client) ?? client)
  return query
}

function render(answered: Answered, options: StatusOptions): readonly string[] {
  if (options.json) return [JSON.stringify({ version: 1, ...formOf(answered, options) })]
  const now = Date.now()
  return partsOf(options).flatMap((part) =>
    part === 'resolver' ? describeResolver(answered.resolver, now) : describeUpdater(answered.updater, now),
  )
}

function formOf(answered: Answered, options: StatusOptions): object {
  return Object.fromEntries(partsOf(options).map((part) => [part, answered[part] ?? null]))
}
