// `sallyport suggest`: zone files from what was seen.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { comparePolicies } from '../audit/compare.ts'
import { changeToJson, describeChanges } from '../audit/describe-change.ts'
import { type Observation, observe } from '../audit/observation.ts'
import { describeEvidence, type LeftOut } from '../audit/proposal.ts'
import { rowsOf } from '../audit/row.ts'
import { type Suggestion, suggest, viewsOf } from '../audit/suggestion.ts'
import { unifiedDiff } from '../audit/unified-diff.ts'
import { unusedEntries } from '../audit/unused.ts'
import { apexesWith } from '../audit/wildcard.ts'
import type { Config } from '../config/config.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import type { Loaded } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'
import { CommandError, count, EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { readText, replaceText } from './file.ts'
import { parseMoment } from './moment.ts'
import { loadCurrent } from './policy.ts'
import { addLive, limitsOf, type Recording, readRecording, rowContext } from './recording.ts'

interface SuggestOptions extends GlobalOptions {
  readonly client?: string
  readonly since?: number
  readonly contacted?: boolean
  readonly wildcards?: number
  readonly system?: string
  readonly unused?: number
  readonly apply?: boolean
  readonly json?: boolean
}

const HELP = `
A folder is a decision log; without any, that of the settings is read. A run goes from the start of sallyport to its stop, in whatever log.
Record with "mode: audit", then:
  sallyport suggest                         what would have to be added, as a diff
  sallyport suggest laptop ci-1 ci-2        from several logs
  sallyport suggest --apply                 writes it
  sallyport suggest --unused 30             entries that nothing has used for 30 days

Proposed are the names, addresses and ports that were contacted, for the clients that did, and names that were asked for and never contacted,
on tcp/443, for without an entry the next run is denied them. What machines contact by themselves goes into the base tier, what an agent chose
into the app tier. Entries that are there stay. Exit code 1: something that was seen would still be denied.
`
const DAY_MS = 86_400_000
/** From so many siblings on, a wildcard may be what is meant. */
const MANY_SIBLINGS = 8

export function addSuggest(program: Command): void {
  program
    .command('suggest [folders...]')
    .description('proposes zone files from decision logs: what was contacted, and would be denied')
    .option('--apply', 'writes the zone files')
    .option('--client <id>', 'for what one client did')
    .option('--since <moment>', 'from what was seen since then: 2h or 7d ago, a day, or a time with its zone', parseMoment)
    .option('--contacted', 'leaves out names that were asked for and never contacted')
    .option('--wildcards <siblings>', 'makes so many siblings or more one wildcard: that allows what nobody has seen', parseCount)
    .option('--system <file>', 'the list of what machines contact by themselves')
    .addOption(
      new Option('--unused <days>', 'lists the entries that nothing has used for so many days').argParser(parseCount).conflicts('apply'),
    )
    .option('--json', 'prints the proposals for machines')
    .addHelpText('after', HELP)
    .action(async (folders: readonly string[], _options: object, command: Command) => {
      const options = command.optsWithGlobals<SuggestOptions>()
      const config = loadConfig(options)
      process.exitCode =
        options.unused === undefined ? await runSuggest(config, folders, options) : await runUnused(config, folders, options)
    })
}

async function runSuggest(config: Config, folders: readonly string[], options: SuggestOptions): Promise<number> {
  const { observations, runs } = await observed(config, folders, options, options.since)
  const suggestion = suggest({
    ...{ observations, runs, folders: config.zones, settings: policySettings(config), inForce: await inForce(config), now: Date.now() },
    ...{ contactedOnly: options.contacted === true, wildcards: options.wildcards, read: readText },
  })
  const { changes, problems, leftOut } = suggestion
  if (problems.length > 0) throw new CommandError(problems.map(formatProblem).join('\n'))
  if (options.json) printJson(toJson(suggestion, runs))
  else for (const line of describe(suggestion)) print(line)
  if (options.apply) for (const { file, after } of changes) replaceText(file, after)
  if (options.apply && !options.json) for (const { file } of changes) print(`${file} is written`)
  return leftOut.length === 0 ? EXIT.yes : EXIT.no
}

async function runUnused(config: Config, folders: readonly string[], options: SuggestOptions): Promise<number> {
  const since = Date.now() - options.unused! * DAY_MS
  const { observations, oldest } = await observed(config, folders, options, since)
  const { files, policy } = await inForce(config)
  const entries = unusedEntries(files, observations, viewsOf(policy), Date.now())
  if (oldest > since) process.stderr.write(`sallyport: the decision log goes back to ${new Date(oldest).toISOString()} only\n`)
  if (options.json) printJson({ unused: entries.map(({ place, text }) => ({ ...place, text })), since: new Date(since).toISOString() })
  else for (const { place, text } of entries) print(`${place.file}:${place.line}: ${text}`)
  if (!options.json) print(entries.length === 0 ? 'every entry was used' : `${count(entries.length, 'entry', 'entries')} unused`)
  return entries.length === 0 ? EXIT.yes : EXIT.no
}

interface Observed {
  readonly observations: readonly Observation[]
  readonly runs: number
  /** Of the earliest record. */
  readonly oldest: number
}

async function observed(config: Config, folders: readonly string[], options: SuggestOptions, since: number | undefined): Promise<Observed> {
  const context = await rowContext(config, options.system)
  const recordings: Recording[] = []
  const settings = { oneClient: config.updater.guard !== 'forward', ...(since === undefined ? {} : { since }) }
  for (const folder of folders.length > 0 ? folders : [config.journal.folder]) recordings.push(await readRecording(folder, settings))
  if (folders.length === 0) await addLive(recordings[0]!, config)
  for (const limit of recordings.flatMap(limitsOf)) process.stderr.write(`sallyport: ${limit}\n`)
  const rows = recordings.map(({ catalogue }) => rowsOf(catalogue, context).filter(({ client }) => client === (options.client ?? client)))
  return {
    observations: observe(rows),
    runs: recordings.reduce((sum, { catalogue }) => sum + catalogue.runs.size, 0),
    oldest: Math.min(...recordings.map(({ catalogue }) => catalogue.span!.since)),
  }
}

async function inForce(config: Config): Promise<Loaded> {
  const load = await loadCurrent(config)
  if (load.kind === 'loaded') return load
  throw new CommandError(load.problems.map(formatProblem).join('\n'))
}

/** The diff can be given to `patch`: what else is said begins with "#". */
function describe({ changes, before, after, leftOut, proposals }: Suggestion): readonly string[] {
  const diff = changes.flatMap((change) => unifiedDiff(change.file, change.before, change.after))
  const opened =
    diff.length === 0 ? ['nothing to add: all that was seen is allowed'] : describeChanges(comparePolicies(before, after, Date.now()))
  const wide = proposals.filter(({ subject }) => subject.startsWith('*.'))
  const asked = proposals.filter(({ seen }) => seen.every(({ ports }) => ports.length === 0))
  return [
    ...diff,
    ...opened.map((line) => `# ${line}`),
    ...wide.map(({ subject, seen }) => `# wider than seen: ${subject} allows more than the ${seen.length} names that were`),
    ...(asked.length === 0
      ? []
      : [
          `# wider than seen: ports of ${asked.map(({ subject }) => subject).join(' ')}: asked for and never contacted; --contacted leaves out`,
        ]),
    ...apexesWith(proposals, MANY_SIBLINGS).map(
      ({ apex, names }) => `# ${names} names below ${apex}: --wildcards ${names} proposes *.${apex}`,
    ),
    ...leftOut.map((each) => `# left out: ${describeLeftOut(each)}`),
  ]
}

function describeLeftOut({ observation, why }: LeftOut): string {
  return `${observation.destination} (${observation.client}, ${count(observation.lookups, 'lookup', 'lookups')}, ${count(observation.connections, 'connection', 'connections')}): ${why}`
}

function toJson({ changes, before, after, leftOut, proposals }: Suggestion, runs: number) {
  return {
    runs,
    files: changes.map(({ file, before: former, after: text }) => ({ file, isNew: former === undefined, text })),
    changes: comparePolicies(before, after, Date.now()).map(changeToJson),
    proposals: proposals.map(({ tier, client, subject, seen }) => ({
      tier,
      client: client ?? null,
      subject,
      evidence: describeEvidence(seen, runs),
    })),
    leftOut: leftOut.map(({ observation: { client, destination }, why }) => ({ client, destination, why })),
  }
}

function parseCount(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 36_500) throw new InvalidArgumentError('expected a whole number')
  return number
}
