// A policy: everything that decides, built whole and never changed. A change of zone files or settings is another policy.

import { createHash } from 'node:crypto'
import type { Address } from '../net/address.ts'
import { formatPrefix, type Prefix } from '../net/prefix.ts'
import type { Client, ClientEntry, Guard } from './client.ts'
import { createClientTable } from './client-table.ts'
import { buildNameIndex } from './name-index.ts'
import { buildPrefixIndex } from './prefix-index.ts'
import type { ZoneFile } from './rule.ts'
import { groupByScope, type Scope } from './scope.ts'
import { createViews } from './views.ts'

export interface PolicyInput {
  readonly files: readonly ZoneFile[]
  readonly clients: readonly ClientEntry[]
  readonly guard: Guard
  /** `mode: audit`: what is denied is let through, and recorded. */
  readonly audit: boolean
  /** What must not be opened, whatever the entries say. */
  readonly neverOpen: readonly Prefix[]
}

export interface Policy {
  /** 16 hexadecimal digits over everything that decides: equal revisions decide alike. */
  readonly revision: string
  readonly ruleCount: number
  readonly guard: Guard
  readonly clients: readonly ClientEntry[]
  /** Prefixes at whose borders another client, or another view, may begin. */
  readonly clientBorders: readonly Prefix[]
  /** The client that asks from `source`. Under guards `none` and `output` any source is one, and carries no addresses. */
  clientAt(source: Address): Client
  /** The first moment after `now` at which an entry ends, in milliseconds since the epoch; Infinity if none does. */
  nextChange(now: number): number
}

/** Goes into the revision, so that two versions of sallyport that decide differently never take their policies for the same. */
const DECISION_VERSION = 1
const REVISION_DIGITS = 16

export function buildPolicy(input: PolicyInput): Policy {
  const scopes = groupByScope(input.files)
  const ends = collectEnds(input.files)
  const prefixes = scopes.flatMap(({ files }, scope) => files.flatMap((file) => file.prefixes.map((rule) => ({ scope, rule }))))
  const names = buildNameIndex(scopes.flatMap(({ files }, scope) => files.map((file) => ({ scope, rules: file.names }))))
  const viewOf = createViews(scopes, { names, prefixes: buildPrefixIndex(prefixes), neverOpen: input.neverOpen, audit: input.audit })
  return {
    revision: revisionOf(input),
    ruleCount: names.rules.length + prefixes.length,
    guard: input.guard,
    clients: input.clients,
    clientBorders: [...input.clients.flatMap((entry) => entry.prefixes), ...scopes.flatMap(selectorPrefixes)],
    clientAt: createClientTable(input.clients, input.guard, viewOf),
    nextChange: (now) => ends.find((end) => end > now) ?? Number.POSITIVE_INFINITY,
  }
}

/** What is in force while there is no valid policy: nothing passes, in audit mode neither. */
export function denyAll(settings: Omit<PolicyInput, 'files'>): Policy {
  return buildPolicy({ ...settings, audit: false, files: [] })
}

/** When entries end, earliest first. */
function collectEnds(files: readonly ZoneFile[]): readonly number[] {
  const ends = new Set<number>()
  for (const file of files)
    for (const rules of [file.names, file.prefixes]) for (const { until } of rules) if (until !== undefined) ends.add(until)
  return [...ends].sort((a, b) => a - b)
}

function selectorPrefixes(scope: Scope): readonly Prefix[] {
  return (scope.selectors ?? []).flatMap((selector) => (selector.kind === 'prefix' ? [selector.prefix] : []))
}

function revisionOf(input: PolicyInput): string {
  const decisive = {
    version: DECISION_VERSION,
    files: input.files.map(({ file, tier, digest }) => [file, tier, digest]),
    clients: input.clients.map(({ name, prefixes }) => [name, prefixes.map(formatPrefix)]),
    guard: input.guard,
    audit: input.audit,
    neverOpen: input.neverOpen.map(formatPrefix),
  }
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, REVISION_DIGITS)
}
