// The evidence as a page to read, in Markdown.

import type { Row } from '../../audit/row.ts'
import { printable } from '../../printable.ts'
import { CONTROLS, SECTIONS, type Section } from './control.ts'
import { drawDiagram } from './diagram.ts'
import type { Evidence, PolicyFile } from './evidence.ts'
import { MOST_COMMITS } from './history.ts'

const NOT_RUNNING =
  'The updater did not run, or could not be asked: this is what is set and what was recorded, and says nothing of what is enforced now.'
/** What nobody reads to its end stands in destinations.csv. */
const MOST_ROWS = 50

export function formatEvidence(evidence: Evidence): string {
  const { generatedAt, host, program, findings, period, running } = evidence
  const lines = [
    '# Egress control: evidence',
    '',
    `Made ${generatedAt} on ${code(host)} by sallyport ${program}${period === null ? '' : `, for ${period.since} to ${period.until}`}.`,
    '',
    ...(running === null ? [`**${NOT_RUNNING}**`, ''] : []),
    ...(findings.length === 0
      ? ['**Nothing was found that speaks against default deny.**']
      : ['**Findings**', '', ...findings.map((finding) => `- ${text(finding)}`)]),
    ...SECTIONS.flatMap((section) => ['', `## ${section}`, '', ...WRITERS[section](evidence)]),
    '',
    '## Requirements',
    '',
    'Which sections support which. Whether a requirement is met is for the auditor to say.',
    '',
    ...table(
      ['framework', 'requirement', 'asks that', 'see'],
      CONTROLS.map(({ framework, id, asks, evidence: see }) => [framework, id, asks, see.join(', ')]),
    ),
    '',
    '## What this does not show',
    '',
    ...limitsOf(evidence).map((limit) => `- ${limit}`),
    '',
  ]
  return lines.join('\n')
}

const WRITERS: Readonly<Record<Section, (evidence: Evidence) => readonly string[]>> = {
  'Set-up': writeSetup,
  'Policy in force': ({ policy }) =>
    policy.revision === null
      ? ['The zone files make no policy:', '', ...policy.problems.map((problem) => `- ${code(problem)}`)]
      : [
          `Revision ${code(policy.revision)}. What is not listed is denied. Copies of the files are in ${code('zones/')}.`,
          ...policy.files.flatMap(writeFile),
        ],
  'Decision log': writeLog,
  Destinations: writeRows,
  'Attempts to escape': ({ proof }) =>
    proof === null
      ? [`Not part of this bundle: run ${code('sallyport prove --json >proof.json')} as root, and name the file with ${code('--proof')}.`]
      : [
          `${code('sallyport prove')}, guard ${text(proof.guard)}, written ${proof.at}: ${text(proof.summary)}. The evidence is in ${code('proof.json')}.`,
        ],
  Host: ({ doctor }) =>
    doctor === null
      ? [`Not part of this bundle: name what ${code('sallyport doctor --json')} has printed with ${code('--doctor')}.`]
      : [
          `${code('sallyport doctor')}, written ${doctor.at}: ${doctor.bad.length} bad, ${doctor.doubtful.length} doubtful, ${doctor.good} good. It is in ${code('doctor.json')}.`,
          '',
          ...[...doctor.bad, ...doctor.doubtful].map((says) => `- ${text(says)}`),
        ],
  History: writeHistory,
}

function writeSetup(evidence: Evidence): readonly string[] {
  const { setup } = evidence
  const clients = setup.clients.map(({ name, prefixes, interfaces }) => `${name} (${[...interfaces, ...prefixes].join(', ')})`)
  return [
    ...table(
      ['setting', 'value'],
      [
        ['settings', setup.settingsFile ?? 'none: the defaults'],
        ['mode', setup.mode],
        ['guard', setup.guard],
        ['table', `inet ${setup.table}`],
        ['in force at that moment', writeRunning(evidence)],
        ['interfaces', setup.interfaces.join(', ')],
        ['upstreams', setup.upstreams.join(', ')],
        ['clients', clients.join('; ')],
        ['while the decision log cannot be written', setup.onLogFailure === 'deny' ? 'nothing is opened' : 'records are counted as lost'],
      ],
    ),
    '',
    '```mermaid',
    ...drawDiagram(evidence),
    '```',
  ]
}

function writeRunning({ running }: Evidence): string {
  if (running === null) return 'not known: it did not run, or could not be asked'
  return `revision ${running.revision}, ${running.enforced ? `enforced, table protected by ${running.protection}` : 'not enforced'}`
}

function writeFile({ file, tier, clients, audit, sha256, entries }: PolicyFile): readonly string[] {
  const audience = clients === null ? 'every client' : clients.join(', ')
  return [
    '',
    `### ${code(file)}`,
    '',
    `Tier ${tier}, for ${text(audience)}${audit ? ', in audit mode' : ''}. SHA-256 ${code(sha256)}.`,
    '',
    ...table(
      ['line', '', 'destination', 'ports', 'until'],
      entries.map((entry) => [
        String(entry.line),
        entry.kind,
        `${entry.subject}${entry.private ? ' (private)' : ''}`,
        entry.ports.join(' '),
        entry.until ?? '',
      ]),
    ),
  ]
}

function writeLog({ log }: Evidence): readonly string[] {
  if (log === null) return ['There is none.']
  const faults = [...log.faults, ...log.streams.flatMap(({ fault }) => fault ?? [])]
  return [
    log.intact ? 'Nothing was changed, removed, moved or cut off, as far as the checkpoints reach.' : '**It is not what was written.**',
    '',
    ...faults.map(({ file, line, message }) => `- ${code(`${file}:${line}`)}: ${text(message)}`),
    ...(faults.length > 0 ? [''] : []),
    ...table(
      ['process', 'records', 'from', 'to', 'signed through', 'of these outside'],
      log.streams.map(({ stream, records, first, last, signedThrough, shownOutside }) =>
        [stream, records, first, last, signedThrough, shownOutside].map(String),
      ),
    ),
    '',
    `Each record holds the hash of the one before it, and the updater signs how far the chain has come (Ed25519), with a key of its own. The public key and the last checkpoints are in ${code('log/')}.`,
  ]
}

function writeRows({ rows }: Evidence): readonly string[] {
  const refused = rows.filter(({ verdict }) => verdict === 'deny')
  const reached = rows.filter(({ verdict, port }) => verdict !== 'deny' && port !== null)
  return [
    `${reached.length} were contacted, ${refused.length} were refused, by client, name or address, and port. All of them are in ${code('destinations.csv')}.`,
    ...part('Contacted', reached),
    ...part('Refused', refused),
  ]
}

/** Those with most traffic, or asked for most often. */
function part(title: string, rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return []
  const shown = rows
    .toSorted((one, other) => (other.bytes ?? 0) - (one.bytes ?? 0) || other.connections + other.lookups - one.connections - one.lookups)
    .slice(0, MOST_ROWS)
  const cells = shown.map((row) => [
    row.client,
    row.destination,
    row.port === null ? '' : `${row.protocol}/${row.port}`,
    row.verdict,
    String(row.lookups),
    String(row.connections),
    row.bytes === null ? 'unknown' : String(row.bytes),
    row.lastSeen,
  ])
  const rest = rows.length > shown.length ? [`and ${rows.length - shown.length} more.`] : []
  return [
    '',
    `### ${title}`,
    '',
    ...table(['client', 'destination', 'port', 'verdict', 'lookups', 'connections', 'octets', 'last seen'], cells),
    ...rest,
  ]
}

function writeHistory({ history }: Evidence): readonly string[] {
  const { revisions, commits, noCommits } = history
  return [
    'Policies that came into force, by the decision log:',
    '',
    ...table(
      ['at', 'revision', 'entries'],
      revisions.map(({ at, revision, entries }) => [at, revision, String(entries)]),
    ),
    '',
    ...(noCommits === null
      ? [
          `Commits that changed the zone files, the last ${MOST_COMMITS} of each folder at most; the changes are in ${code('policy-history.patch')}:`,
          '',
          ...table(
            ['at', 'author', 'change', 'commit'],
            commits.map(({ at, author, subject, hash }) => [at, author, subject, hash.slice(0, 12)]),
          ),
        ]
      : [`Who changed the files is not known: ${text(noCommits)}.`]),
  ]
}

function limitsOf({ log, proof, running }: Evidence): readonly string[] {
  return [
    ...(log?.cannotShow ?? []).map(text),
    ...(running === null ? ['That it is enforced now.'] : []),
    'Who else sits on an opened address is reachable on the opened ports; what is sent to an allowed name is not looked into.',
    'Copies are as good as the place they are kept in: SHA256SUMS names each file of this bundle.',
    ...(proof?.only === undefined ? [] : [`Attacks other than those named ${text(proof.only.join(', '))}: the proof is of these alone.`]),
    ...(proof === null ? ['Nothing here shows that packets were held back by trying: there is no proof in it.'] : []),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ['None.']
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)]
}

/** Names come from whoever asked: nothing in them may become markup. */
function cell(value: string): string {
  return value === '' ? '' : code(value)
}

/** One line, and nothing in it that turns the direction of what follows. */
function inert(value: string): string {
  return printable(value.replace(/[\n\r\t]+/g, ' '))
}

function code(value: string): string {
  return `\`${inert(value).replace(/[`|]/g, "'")}\``
}

function text(value: string): string {
  return inert(value).replace(/[\\`*_{}[\]<>|#&~]/g, '\\$&')
}
