// Proposals → the zone files with them. Comments, order and spacing of what is there stay.

import { basename, join } from 'node:path'
import { isSingleAddress } from '../net/prefix.ts'
import type { Tier, ZoneFile } from '../policy/rule.ts'
import { allowInZone, commentEntry, hasEntry, parseDestination } from '../zones/edit.ts'
import { tierFolders, type ZoneFolders } from '../zones/load.ts'
import { describeEvidence, formatProposal, type Proposal } from './proposal.ts'

export interface ZoneChange {
  readonly file: string
  /** Which tier the folder says; undefined: the file says it. */
  readonly tier: Tier | undefined
  /** Undefined: there is no such file yet. */
  readonly before: string | undefined
  readonly after: string
}

export interface ZoneContext {
  readonly folders: ZoneFolders
  readonly files: readonly ZoneFile[]
  readonly runs: number
  /** Milliseconds since the epoch. */
  readonly now: number
  /** As `$CLIENTS` names it. */
  selectorOf(client: string): string
  /** Undefined: there is no such file. */
  read(file: string): string | undefined
}

/** In order of the files. */
export function changeZones(proposals: readonly Proposal[], context: ZoneContext): readonly ZoneChange[] {
  const groups = Map.groupBy(proposals, (proposal) => fileFor(proposal, context))
  return [...groups]
    .map(([file, members]) => {
      const [{ tier, client }] = members as [Proposal]
      const before = context.read(file)
      const isTold = context.folders.kind === 'tiers'
      const start = before ?? head(tier, client === undefined ? undefined : context.selectorOf(client), isTold)
      return {
        file,
        tier: isTold ? tier : undefined,
        before,
        after: members.reduce((text, each) => withProposal(text, each, context), start),
      }
    })
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

/** The file in force for these clients in this tier, by its usual name if there are several; else a new one. */
function fileFor({ tier, client }: Proposal, { folders, files, read }: ZoneContext): string {
  const folder = folderOf(folders, tier)
  const name = client === undefined ? tier : `${tier}-${client.replaceAll(/[^\w.-]/g, '-')}`
  const usual = join(folder, `${name}.zone`)
  const fitting = files.filter((each) => each.tier === tier && isFor(each, client) && join(folder, basename(each.file)) === each.file)
  const chosen = fitting.find(({ file }) => file === usual) ?? fitting[0]
  if (chosen !== undefined) return chosen.file
  return read(usual) === undefined ? usual : join(folder, `${name}-suggested.zone`)
}

function folderOf(folders: ZoneFolders, tier: Tier): string {
  const all = tierFolders(folders)
  return (all.find((each) => each.tier === tier) ?? all[0]!).folder
}

function isFor({ clients, audit }: ZoneFile, client: string | undefined): boolean {
  if (audit) return false
  if (client === undefined) return clients === undefined
  const [selector, ...others] = clients ?? []
  if (selector === undefined || others.length > 0) return false
  return selector.kind === 'name' ? selector.name === client : isSingleAddress(selector.prefix) && selector.prefix.address === client
}

function head(tier: Tier, clients: string | undefined, isTold: boolean): string {
  return [...(tier === 'base' && !isTold ? ['$TIER base'] : []), ...(clients === undefined ? [] : [`$CLIENTS ${clients}`])]
    .map((line) => `${line}\n`)
    .join('')
}

/** An entry that is there gains ports; else a line is added, with its evidence. */
function withProposal(text: string, proposal: Proposal, { runs, now }: ZoneContext): string {
  const { subject, ports, seen } = proposal
  if (!hasEntry(text, subject)) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${formatProposal(proposal, runs)}\n`
  const destination = parseDestination(subject)
  const edited = ports.reduce((former, port) => allowInZone(former, { ...destination, port }, now), text)
  return commentEntry(edited, subject, describeEvidence(seen, runs))
}
