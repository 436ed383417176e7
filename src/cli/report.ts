// `sallyport report`: the evidence for a security review, as a folder.

import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { createCatalogue } from '../audit/catalogue.ts'
import { rowsOf } from '../audit/row.ts'
import { toCsv } from '../audit/table.ts'
import type { Config } from '../config/config.ts'
import { askControl } from '../daemon/control.ts'
import { statePaths } from '../daemon/path.ts'
import { StartError } from '../daemon/start-error.ts'
import type { UpdaterProcessStatus } from '../daemon/status.ts'
import { type JournalPaths, journalPaths } from '../journal/folder.ts'
import { KeyError } from '../journal/key.ts'
import { ForeignError } from '../journal/lines.ts'
import { lastCheckpoints } from '../journal/notary.ts'
import { createReader } from '../journal/reading.ts'
import { type Verification, verifyJournal } from '../journal/verify.ts'
import { formatEndpoint } from '../net/endpoint.ts'
import { formatPrefix } from '../net/prefix.ts'
import { BundleError, type BundleFiles, copiesOf, writeBundle } from '../report/evidence/bundle.ts'
import type { Evidence, Setup } from '../report/evidence/evidence.ts'
import { findingsOf } from '../report/evidence/finding.ts'
import { createRevisionLog, readCommits, readPatches } from '../report/evidence/history.ts'
import { formatEvidence } from '../report/evidence/markdown.ts'
import { OutcomeError, readDiagnosis, readProof } from '../report/evidence/outcome.ts'
import { policyEvidence } from '../report/evidence/policy.ts'
import { tierFolders } from '../zones/load.ts'
import { CommandError, EXIT, type GlobalOptions, loadConfig, print } from './context.ts'
import { readText } from './file.ts'
import { showRecords } from './log.ts'
import { parseMoment } from './moment.ts'
import { version } from './place.ts'
import { loadCurrent } from './policy.ts'
import { rowContext, showProgress } from './recording.ts'

interface ReportOptions extends GlobalOptions {
  readonly since?: number
  readonly until?: number
  readonly proof?: string
  readonly doctor?: string
  readonly checkpoint?: string
  readonly key?: string
}

const HELP = `
The folder holds report.md to read and report.json for machines, with what they refer to: the zone files, destinations.csv, the proof, the public
key and last checkpoints of the decision log, the changes of the zone files where Git knows them, and SHA256SUMS. Paths of URLs in the settings are left out: they may name an account.

Example:
  sallyport prove --json >proof.json
  sallyport report evidence --since 90d --proof proof.json --checkpoint /elsewhere/checkpoints --key /elsewhere/key.pub.pem

Exit code 1 if something was found that speaks against default deny; report.md begins with it.`

export function addReport(program: Command): void {
  program
    .command('report <folder>')
    .description('writes the evidence for a security review (SOC 2, HIPAA, ISO 27001): policy, diagram, decision log, proof, history')
    .option('--since <moment>', 'activity from then on: 90d ago, a day, or a time with its zone', parseMoment)
    .option('--until <moment>', 'before then', parseMoment)
    .option('--proof <file>', 'what "sallyport prove --json" said')
    .option('--doctor <file>', 'what "sallyport doctor --json" said')
    .option('--checkpoint <file>', 'checkpoints of the decision log that were kept elsewhere')
    .option('--key <file>', 'its public key, kept elsewhere')
    .addHelpText('after', HELP)
    .action(async (folder: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<ReportOptions>()
      const config = loadConfig(options)
      const evidence = await explaining(() => gather(config, options))
      await explaining(async () => writeBundle(folder, await filesOf(evidence, config, options)))
      for (const finding of evidence.findings) print(finding)
      print(`wrote ${folder}/report.md`)
      process.exitCode = evidence.findings.length === 0 ? EXIT.yes : EXIT.no
    })
}

const EXPECTED: readonly (new (message: string) => Error)[] = [BundleError, OutcomeError, KeyError, ForeignError]

/** What the file system says is no bug. */
async function explaining<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const isExpected = EXPECTED.some((kind) => error instanceof kind) || (error instanceof Error && 'code' in error)
    if (isExpected) throw new CommandError((error as Error).message, { cause: error })
    throw error
  }
}

async function gather(config: Config, options: ReportOptions): Promise<Evidence> {
  const paths = journalPaths(config.journal.folder)
  const { since, until } = options
  const span = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
  const catalogue = createCatalogue({ ...span, oneClient: config.updater.guard !== 'forward' })
  const revisions = createRevisionLog()
  const reader = createReader({ folders: paths.stream, onProgress: showProgress })
  await reader.advance((entry) => {
    catalogue.take(entry)
    revisions.take(entry)
  })
  const period = catalogue.span
  const evidence = {
    version: 1,
    generatedAt: new Date().toISOString(),
    host: hostname(),
    program: version(),
    period:
      period === undefined
        ? null
        : { since: isoOf(Math.max(period.since, since ?? 0)), until: isoOf(Math.min(period.until, until ?? period.until)) },
    setup: setupOf(config),
    running: await runningOf(config),
    policy: policyEvidence(await loadCurrent(config)),
    log: period === undefined ? null : await verify(paths, options),
    rows: rowsOf(catalogue, await rowContext(config, undefined)),
    unlisted: catalogue.unlisted,
    crowded: [...catalogue.crowded],
    unread: reader.unread,
    proof: options.proof === undefined ? null : readProof(options.proof),
    doctor: options.doctor === undefined ? null : readDiagnosis(options.doctor),
    history: { revisions: revisions.revisions, ...readCommits(foldersOf(config)) },
  } as const
  return { ...evidence, findings: findingsOf(evidence) }
}

async function runningOf(config: Config): Promise<Evidence['running']> {
  const status = await askControl(statePaths(config.state).updaterControl, '/status').catch((error: unknown) => {
    if (error instanceof StartError) return undefined
    throw error
  })
  if (status === undefined) return null
  const { revision, enforced, protection } = status as UpdaterProcessStatus
  return { revision, enforced, protection }
}

/** Of an upstream no more than its name: the path of a URL may name an account. */
function setupOf({ file, mode, updater, resolver, clients, journal }: Config): Setup {
  const upstreams = resolver.upstreams.map((upstream) =>
    upstream.kind === 'system'
      ? 'system'
      : upstream.kind === 'plain'
        ? formatEndpoint(upstream.endpoint)
        : `${upstream.kind}://${upstream.name}`,
  )
  return {
    settingsFile: file ?? null,
    mode,
    guard: updater.guard,
    table: updater.table,
    interfaces: updater.interfaces,
    upstreams,
    clients: clients.map(({ name, prefixes, interfaces = [] }) => ({ name, prefixes: prefixes.map(formatPrefix), interfaces })),
    onLogFailure: journal.onFailure,
  }
}

function verify(paths: JournalPaths, { checkpoint, key }: ReportOptions): Promise<Verification> {
  return verifyJournal({ paths, outside: checkpoint, keyFile: key, onProgress: showRecords })
}

async function filesOf(evidence: Evidence, config: Config, { proof, doctor }: ReportOptions): Promise<BundleFiles> {
  const paths = journalPaths(config.journal.folder)
  const patches = readPatches(foldersOf(config))
  return new Map<string, string | Buffer>([
    ['report.md', formatEvidence(evidence)],
    ['report.json', `${JSON.stringify(evidence, undefined, 2)}\n`],
    ['destinations.csv', toCsv(evidence.rows)],
    ...copiesOf(
      'zones',
      evidence.policy.files.map(({ file }) => file),
    ),
    ...(config.file === undefined ? [] : [[`settings/${basename(config.file)}`, withoutPaths(readText(config.file) ?? '')] as const]),
    ...(evidence.log === null
      ? []
      : [
          ['log/checkpoints.jsonl', (await lastCheckpoints(paths)).map((line) => `${line}\n`).join('')] as const,
          ...copiesOf(
            'log',
            [paths.publicKey].filter((file) => existsSync(file)),
          ),
        ]),
    ...(proof === undefined ? [] : [['proof.json', readText(proof) ?? ''] as const]),
    ...(doctor === undefined ? [] : [['doctor.json', readText(doctor) ?? ''] as const]),
    ...(patches === '' ? [] : [['policy-history.patch', patches] as const]),
  ])
}

/** Settings without the paths of URLs, which may name an account. */
function withoutPaths(settings: string): string {
  return settings.replaceAll(/(https:\/\/[^\s/"',\]}]+)\/[^\s"',\]}]+/g, '$1/…')
}

function foldersOf({ zones }: Config): readonly string[] {
  return tierFolders(zones).map(({ folder }) => folder)
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
