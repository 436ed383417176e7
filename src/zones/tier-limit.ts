// What files of the app tier may say, where their owner is not the gateway's: limits from the settings, kept at `check` and at each reload.

import { coversRange, formatPortRange, LAST_PORT, type PortRange } from '../net/port.ts'
import { isSingleAddress, type Prefix, prefixRange } from '../net/prefix.ts'
import type { NameRules, Terms } from '../policy/name-rules.ts'
import { type ClientSelector, comparePlaces, type NameRule, type PrefixRule, type ZoneFile } from '../policy/rule.ts'
import { formatSelector } from '../policy/scope.ts'
import type { Problem } from './problem.ts'

export interface TierLimits {
  /** May entries say `private`? */
  readonly private: boolean
  /** May they open `any`, or all ports of a protocol? */
  readonly any: boolean
  /** May they allow wildcards, and prefixes of more than one address? */
  readonly wildcards: boolean
  /** May a file say `$MODE audit`? */
  readonly audit: boolean
  /** The ports that they may open; undefined: all. */
  readonly ports: readonly PortRange[] | undefined
  /** How many entries may allow something, in all files together; undefined: any number. */
  readonly names: number | undefined
  /** For whom they may be; undefined: for everybody. */
  readonly clients: readonly ClientSelector[] | undefined
}

type Entry = NameRule | PrefixRule

/** What the files of the app tier say beyond the limits, each with its line. Those of other tiers are not looked at. */
export function exceedLimits(files: readonly ZoneFile[], limits: TierLimits): readonly Problem[] {
  if (isFree(limits)) return []
  const limited = files.filter(({ tier }) => tier === 'app')
  return [
    ...limited.flatMap((file) => exceedByFile(file, limits)),
    ...limited.flatMap((file) => exceedByEntries(file, limits)),
    ...exceedByNumber(limited, limits),
  ]
}

/** Nothing to look at: as without limits in the settings. */
function isFree({ ports, names, clients, ...flags }: TierLimits): boolean {
  return ports === undefined && names === undefined && clients === undefined && Object.values(flags).every(Boolean)
}

function exceedByFile(zone: ZoneFile, { audit, clients }: TierLimits): readonly Problem[] {
  const audits =
    zone.audit && !audit ? [problem(zone.file, zone.lines?.mode, '$MODE audit is not for the app tier to say: limits.app.audit')] : []
  return [...audits, ...(clients === undefined ? [] : exceedByClients(zone, clients))]
}

function exceedByClients(zone: ZoneFile, permitted: readonly ClientSelector[]): readonly Problem[] {
  const all = permitted.map(formatSelector).join(' ')
  if (zone.clients === undefined) return [problem(zone.file, 0, `is for every client; limits.app.clients permits $CLIENTS ${all}`)]
  return zone.clients
    .filter((selector) => !permitted.some((each) => covers(each, selector)))
    .map((selector) => problem(zone.file, zone.lines?.clients, `is for ${formatSelector(selector)}; limits.app.clients permits ${all}`))
}

function exceedByEntries({ names, prefixes }: ZoneFile, limits: TierLimits): readonly Problem[] {
  const beyond = names.terms.filter((terms) => exceedByTerms(terms, limits).length > 0)
  return [...entriesWith(names, new Set(beyond)), ...prefixes].flatMap((entry) =>
    exceedByTerms(entry, limits).map((message) => problem(entry.place.file, entry.place.line, message)),
  )
}

/** Of many thousand entries, values are made of these alone. */
function* entriesWith(names: NameRules, terms: ReadonlySet<Terms>): Generator<NameRule> {
  if (terms.size === 0) return
  for (let entry = 0; entry < names.length; entry++) if (terms.has(names.termsAt(entry))) yield names.at(entry)
}

function exceedByTerms(entry: Terms | Entry, limits: TierLimits): readonly string[] {
  if (entry.kind === 'deny') return []
  const { ports } = limits
  const wide = entry.ports.filter(isWide)
  const other = ports === undefined ? [] : entry.ports.filter((range) => !coversRange(ports, range))
  return [
    ...(entry.private && !limits.private ? ['private is not for the app tier to say: limits.app.private'] : []),
    ...(wide.length > 0 && !limits.any ? [`opens ${list(wide)}: limits.app.any does not permit it`] : []),
    ...(isMany(entry) && !limits.wildcards ? ['stands for more than one: limits.app.wildcards does not permit it'] : []),
    ...(other.length > 0 ? [`opens ${list(other)}; limits.app.ports permits ${list(ports!)}`] : []),
  ]
}

/** The first entry that is too many has the blame. */
function exceedByNumber(files: readonly ZoneFile[], { names: most }: TierLimits): readonly Problem[] {
  if (most === undefined || files.reduce((count, { names, prefixes }) => count + names.length + prefixes.length, 0) <= most) return []
  const allows = files.flatMap(({ names, prefixes }): Entry[] => [...names, ...prefixes]).filter(({ kind }) => kind === 'allow')
  const first = allows.toSorted(comparePlaces)[most]
  if (first === undefined) return []
  const { file, line } = first.place
  return [problem(file, line, `entry ${most + 1} of ${allows.length} that allow something; limits.app.names permits ${most}`)]
}

function isWide({ protocol, first, last }: PortRange): boolean {
  return protocol === 'any' || (first === 1 && last === LAST_PORT)
}

function isMany(entry: Terms | Entry): boolean {
  return 'prefix' in entry ? !isSingleAddress(entry.prefix) : entry.wildcard
}

function covers(permitted: ClientSelector, selector: ClientSelector): boolean {
  if (permitted.kind === 'name' || selector.kind === 'name') return formatSelector(permitted) === formatSelector(selector)
  return contains(permitted.prefix, selector.prefix)
}

function contains(outer: Prefix, inner: Prefix): boolean {
  const [around, within] = [prefixRange(outer), prefixRange(inner)]
  return outer.family === inner.family && around.first <= within.first && within.last <= around.last
}

function list(ranges: readonly PortRange[]): string {
  return ranges.map(formatPortRange).join(' ')
}

function problem(file: string, line: number | undefined, message: string): Problem {
  return { file, line: line ?? 0, message, severity: 'error' }
}
