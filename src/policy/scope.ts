// A scope is whom files are for: files for the same clients share one. It holds what they say, ready to be looked up, and stays as long
// as they do: the next policy takes over every scope whose files have not changed.

import { createHash } from 'node:crypto'
import { formatPrefix } from '../net/prefix.ts'
import { type NameIndex, nameIndexSteps } from './name-index.ts'
import { type PrefixIndex, prefixIndexSteps } from './prefix-index.ts'
import type { ClientSelector, Place, PrefixRule, Rule, ZoneFile } from './rule.ts'
import { runToEnd, type Steps } from './steps.ts'

const ID_DIGITS = 16

export class Scope {
  /** Equal ids: the same files for the same clients. */
  readonly id: string
  /** Undefined: every known client. */
  readonly selectors: readonly ClientSelector[] | undefined
  readonly audit: boolean
  readonly ruleCount: number
  /** When entries end, in no order; each once. */
  readonly ends: ReadonlySet<number>
  /** The entries about addresses, in file order. */
  readonly prefixRules: readonly PrefixRule[]
  readonly #files: readonly ZoneFile[]
  #names: NameIndex | undefined
  #prefixes: PrefixIndex | undefined

  constructor(id: string, files: readonly ZoneFile[]) {
    this.id = id
    this.selectors = files[0]!.clients
    this.audit = files.some(({ audit }) => audit)
    this.prefixRules = files.flatMap(({ prefixes }) => prefixes)
    this.ruleCount = files.reduce((count, { names }) => count + names.length, this.prefixRules.length)
    this.ends = new Set(files.flatMap(({ names, prefixes }) => [...endsOf(names.terms), ...endsOf(prefixes)]))
    this.#files = files
  }

  /** Where `$MODE audit` stands. */
  get auditPlaces(): readonly Place[] {
    return this.#files.filter(({ audit }) => audit).map(({ file, lines }) => ({ file, line: lines?.mode ?? 0 }))
  }

  get isBuilt(): boolean {
    return this.#names !== undefined && this.#prefixes !== undefined
  }

  /** Builds all of it, in steps. */
  *build(): Steps<void> {
    this.#names ??= yield* this.#nameSteps()
    this.#prefixes ??= yield* prefixIndexSteps(this.prefixRules)
  }

  /** Built when it is first asked for: a reload of a thousand files need not stop for all of them at once. */
  get names(): NameIndex {
    this.#names ??= runToEnd(this.#nameSteps())
    return this.#names
  }

  #nameSteps(): Steps<NameIndex> {
    return nameIndexSteps(this.#files.map(({ names }) => names))
  }

  get prefixes(): PrefixIndex {
    this.#prefixes ??= runToEnd(prefixIndexSteps(this.prefixRules))
    return this.#prefixes
  }
}

/** The scopes of the files, each with its files in the order given. Those of `known` that say the same are taken from there. */
export function* scopeSteps(files: readonly ZoneFile[], known: ReadonlyMap<string, Scope>): Steps<ReadonlyMap<string, Scope>> {
  const groups = Map.groupBy(files, ({ clients }) => (clients === undefined ? '*' : clients.map(formatSelector).sort().join(' ')))
  const scopes = new Map<string, Scope>()
  for (const [who, members] of groups) {
    const id = idOf(who, members)
    scopes.set(id, known.get(id) ?? new Scope(id, members))
    yield
  }
  return scopes
}

export function formatSelector(selector: ClientSelector): string {
  return selector.kind === 'name' ? selector.name : formatPrefix(selector.prefix)
}

function idOf(who: string, files: readonly ZoneFile[]): string {
  const decisive = [who, ...files.flatMap(({ file, tier, digest }) => [file, tier, digest])]
  return createHash('sha256').update(decisive.join('\0')).digest('hex').slice(0, ID_DIGITS)
}

function* endsOf(rules: readonly Pick<Rule, 'until'>[]): Generator<number> {
  for (const { until } of rules) if (until !== undefined) yield until
}
