// `sallyport audit`: what was asked for and contacted.

import { setTimeout as pause } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { type Row, rowsOf } from '../audit/row.ts'
import { GROUPINGS, type Grouping, toCsv, toLine, toTable } from '../audit/table.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { parseMoment } from './moment.ts'
import { addLive, advance, limitsOf, type Recording, readRecording, rowContext } from './recording.ts'

interface AuditOptions extends GlobalOptions {
  readonly by: Grouping
  readonly client?: string
  readonly since?: number
  readonly until?: number
  readonly system?: string
  readonly watch?: boolean
  readonly json?: boolean
  readonly csv?: boolean
}

const HELP = `
Examples:
  sallyport audit                                what was contacted, client by client
  sallyport audit --since 24h --by destination
  sallyport audit --csv >contacts.csv
  sallyport audit --watch

It reads the decision log, and without FOLDER the running updater's figures; --watch has what is new after two seconds, figures after a minute. VERDICT audit: let through, and would be denied.
SYSTEM has a word where a list says that machines contact it by themselves: zones/system.list, or system.list beside your zone files.
Volumes are unknown where the kernel does not count flows (net.netfilter.nf_conntrack_acct). Without a guard only lookups are listed.
`
const LOOK_MS = 1000

export function addAudit(program: Command): void {
  program
    .command('audit [folder]')
    .description('what each client asked for and contacted, from the decision log; its folder is that of the settings unless given')
    .addOption(new Option('--by <group>', 'how it is grouped').choices(GROUPINGS).default('client'))
    .option('--client <id>', 'one client only')
    .option('--since <moment>', 'from then on: 2h or 7d ago, a day, or a time with its zone', parseMoment)
    .option('--until <moment>', 'before then', parseMoment)
    .option('--system <file>', 'the list of what machines contact by themselves')
    .addOption(new Option('--watch', 'goes on, and prints what is new').conflicts(['csv', 'until']))
    .option('--json', 'prints the rows for machines; with --watch one a line')
    .addOption(new Option('--csv', 'prints the rows as CSV').conflicts('json'))
    .addHelpText('after', HELP)
    .action(async (folder: string | undefined, _options: object, command: Command) => {
      const options = command.optsWithGlobals<AuditOptions>()
      const config = loadConfig(options)
      const context = await rowContext(config, options.system)
      const { since, until } = options
      const span = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
      const recording = await readRecording(folder ?? config.journal.folder, { ...span, oneClient: config.updater.guard !== 'forward' })
      // What is new comes from the log while one watches, and must not be counted twice.
      if (folder === undefined && !options.watch) await addLive(recording, config)
      const warned = new Set<string>()
      warn(recording, warned)
      const rows = (): readonly Row[] => rowsOf(recording.catalogue, context).filter(({ client }) => client === (options.client ?? client))
      show(rows(), recording, options)
      process.exitCode = EXIT.yes
      if (options.watch) await watch(rows, recording, options, warned)
    })
}

function show(rows: readonly Row[], { catalogue, reader }: Recording, options: AuditOptions): void {
  if (options.csv) process.stdout.write(toCsv(rows))
  else if (options.json && options.watch) for (const row of rows) print(JSON.stringify(row))
  else if (options.json)
    printJson({ span: spanOf(catalogue), unlisted: catalogue.unlisted, crowded: [...catalogue.crowded], unread: reader.unread, rows })
  else for (const line of toTable(rows, options.by)) print(line)
}

function spanOf({ span }: Recording['catalogue']) {
  return span === undefined ? null : { since: new Date(span.since).toISOString(), until: new Date(span.until).toISOString() }
}

/** Until the process is stopped: each row that is new or has grown. */
async function watch(rows: () => readonly Row[], recording: Recording, { json }: AuditOptions, warned: Set<string>): Promise<void> {
  let known = new Map(rows().map((row) => [keyOf(row), figuresOf(row)]))
  for (;;) {
    await pause(LOOK_MS)
    await advance(recording)
    warn(recording, warned)
    const now = rows()
    for (const row of now) if (known.get(keyOf(row)) !== figuresOf(row)) print(json ? JSON.stringify(row) : toLine(row))
    known = new Map(now.map((row) => [keyOf(row), figuresOf(row)]))
  }
}

/** Of what the log does not hold, each sentence once. */
function warn(recording: Recording, warned: Set<string>): void {
  for (const limit of limitsOf(recording)) {
    if (!warned.has(limit)) process.stderr.write(`sallyport: ${limit}\n`)
    warned.add(limit)
  }
}

function keyOf({ client, destination, protocol, port, verdict }: Row): string {
  return [client, destination, protocol, port, verdict].join(' ')
}

function figuresOf({ lookups, connections, packets }: Row): string {
  return `${lookups} ${connections} ${packets}`
}
