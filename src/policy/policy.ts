// A policy: everything that decides, built whole and never changed. A change of zone files or settings is another policy.

import { createHash } from 'node:crypto'
import type { Address } from '../net/address.ts'
import { formatPrefix, type Prefix } from '../net/prefix.ts'
import type { Client, ClientEntry, Guard } from './client.ts'
import { createClientTable } from './client-table.ts'
import type { ZoneFile } from './rule.ts'
import { type Scope, scopeSteps } from './scope.ts'
import { createScopeTable } from './scope-table.ts'
import { runToEnd, type Steps } from './steps.ts'
import { neverOpenRanges, type View } from './view.ts'
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
  /** The client that the settings, or whoever added it, call so, wherever it is now. */
  clientNamed(name: string): Client | undefined
  /** The client that is known by that interface; whoever asks from a link-local address tells no more. */
  clientBehind(interfaceName: string): Client | undefined
  /** The first moment after `now` at which an entry ends, in milliseconds since the epoch; Infinity if none does. */
  nextChange(now: number): number
  /** What the next policy can take over. */
  readonly parts: PolicyParts
}

export interface PolicyParts {
  /** The settings that views depend on. */
  readonly settings: string
  readonly scopes: ReadonlyMap<string, Scope>
  readonly views: ReadonlyMap<string, View>
}

/** Goes into the revision, so that two versions of sallyport that decide differently never take their policies for the same. */
const DECISION_VERSION = 1
const REVISION_DIGITS = 16

export function buildPolicy(input: PolicyInput, before?: Policy): Policy {
  return runToEnd(policySteps(input, before))
}

/**
 * `before`: the policy that this one follows. Whatever has not changed since is taken over from it, and costs nothing again; if nothing
 * has, it is the policy itself. What the files say is looked up from when it is first asked for, or once `prepare` has run.
 */
export function* policySteps(input: PolicyInput, before?: Policy): Steps<Policy> {
  const revision = yield* revisionSteps(input)
  if (before?.revision === revision) return before
  const scopes = yield* scopeSteps(input.files, before?.parts.scopes ?? new Map())
  const settings = JSON.stringify([input.audit, input.neverOpen.map(formatPrefix)])
  const shared = { audit: input.audit, neverOpen: neverOpenRanges(input.neverOpen) }
  const all = [...scopes.values()]
  const known = before?.parts.settings === settings ? before.parts.views : new Map<string, View>()
  const lasting = known.entries().filter(([, view]) => view.scopes.every(({ id }) => scopes.has(id)))
  const { views, viewOf } = createViews(createScopeTable(all), shared, lasting)
  yield
  const ends = [...new Set(all.flatMap((scope) => [...scope.ends]))].sort((a, b) => a - b)
  const clients = createClientTable(input.clients, input.guard, viewOf)
  yield
  return {
    revision,
    ruleCount: all.reduce((count, scope) => count + scope.ruleCount, 0),
    guard: input.guard,
    clients: input.clients,
    clientBorders: [...input.clients.flatMap((entry) => entry.prefixes), ...all.flatMap(selectorPrefixes)],
    clientAt: clients.at,
    clientNamed: clients.named,
    clientBehind: clients.behind,
    nextChange: (now) => ends.find((end) => end > now) ?? Number.POSITIVE_INFINITY,
    parts: { settings, scopes, views },
  }
}

/** Builds, in steps, what would else be built when it is first asked for. */
export function* prepare({ parts }: Policy): Steps<void> {
  for (const scope of parts.scopes.values()) {
    if (scope.isBuilt) continue
    yield* scope.build()
    yield
  }
}

/** What is in force while there is no valid policy: nothing passes, in audit mode neither. */
export function denyAll(settings: Omit<PolicyInput, 'files'>): Policy {
  return buildPolicy({ ...settings, audit: false, files: [] })
}

function selectorPrefixes(scope: Scope): readonly Prefix[] {
  return (scope.selectors ?? []).flatMap((selector) => (selector.kind === 'prefix' ? [selector.prefix] : []))
}

function* revisionSteps({ files, clients, guard, audit, neverOpen }: PolicyInput): Steps<string> {
  const hash = createHash('sha256')
  const add = (decisive: readonly unknown[]) => hash.update(`${JSON.stringify(decisive)}\n`)
  add([DECISION_VERSION, guard, audit, neverOpen.map(formatPrefix)])
  for (const { file, tier, digest } of files) {
    add(['file', file, tier, digest])
    yield
  }
  for (const { name, prefixes } of clients) {
    add(['client', name, prefixes.map(formatPrefix)])
    yield
  }
  return hash.digest('hex').slice(0, REVISION_DIGITS)
}
