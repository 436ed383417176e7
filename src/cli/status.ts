// `sallyport status`: what both processes say of themselves.

import { type Command, Option } from 'commander'
import { askControl, SilentError } from '../daemon/control.ts'
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

/** What each part said; a part that says nothing: why. */
interface Answered {
  readonly resolver: ResolverStatus | Silence
  readonly updater: UpdaterProcessStatus | Silence
}

type Silence = 'not running' | 'does not answer'

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
      process.exitCode = partsOf(options).every((part) => typeof answered[part] === 'object') ? EXIT.yes : EXIT.no
    })
}

function partsOf({ part }: StatusOptions): readonly Part[] {
  return part === undefined ? PARTS : [part]
}

async function ask(paths: StatePaths, options: StatusOptions): Promise<Answered> {
  const isAsked = (part: Part) => partsOf(options).includes(part)
  const [resolver, updater] = await Promise.all([
    askPart<ResolverStatus>(isAsked('resolver'), paths.resolverControl, '/status'),
    askPart<UpdaterProcessStatus>(isAsked('updater'), paths.updaterControl, `/status?${leaseQuery(options)}`),
  ])
  return { resolver, updater }
}

/** One part that hangs does not hide what the other says. */
async function askPart<Status>(isAsked: boolean, socket: string, target: string): Promise<Status | Silence> {
  try {
    const said = isAsked ? await askControl(socket, target) : undefined
    return (said as Status | undefined) ?? 'not running'
  } catch (error) {
    if (error instanceof SilentError) return 'does not answer'
    throw error
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
  const { resolver, updater } = answered
  return partsOf(options).flatMap((part) => {
    if (part === 'resolver') return typeof resolver === 'string' ? [`resolver: ${resolver}`] : describeResolver(resolver, now)
    return typeof updater === 'string' ? [`updater: ${updater}`] : describeUpdater(updater, now)
  })
}

function formOf(answered: Answered, options: StatusOptions): object {
  return Object.fromEntries(partsOf(options).map((part) => [part, typeof answered[part] === 'object' ? answered[part] : null]))
}
