// What no file shows by itself: clients that nobody knows, entries that the other tier overrules.

import { formatPrefix } from '../net/prefix.ts'
import type { ClientEntry } from '../policy/client.ts'
import { NameTable, NO_NAME } from '../policy/name-table.ts'
import { Numbers } from '../policy/numbers.ts'
import type { NameRule, PrefixRule, Rule, ZoneFile } from '../policy/rule.ts'
import { ENTRIES_A_STEP, type Steps } from '../policy/steps.ts'
import { runBreathing } from './breath.ts'
import { formatPattern } from './name-text.ts'
import type { Problem } from './problem.ts'

/** An error of the file, whatever the others say. */
export function findUnknownClients(files: readonly ZoneFile[], clients: readonly ClientEntry[]): readonly Problem[] {
  const known = new Set(clients.map(({ name }) => name))
  return files.flatMap((file) => unknownClients(file, known))
}

/**
 * A deny in base for everybody is final: what app allows over it is a misunderstanding, not a danger. A warning at the line of app, and no
 * more: what one tier says never keeps the other from taking effect.
 */
export function findOverruled(files: readonly ZoneFile[]): Promise<readonly Problem[]> {
  return runBreathing(overruledSteps(files))
}

function unknownClients({ file, clients: selectors, lines }: ZoneFile, known: ReadonlySet<string>): readonly Problem[] {
  const names = (selectors ?? []).flatMap((selector) => (selector.kind === 'name' ? [selector.name] : []))
  return names
    .filter((name) => !known.has(name))
    .map((name) => ({
      file,
      line: lines?.clients ?? 0,
      message: `$CLIENTS names ${JSON.stringify(name)}, which is not under "clients:" in the settings`,
      severity: 'error',
    }))
}

function* overruledSteps(files: readonly ZoneFile[]): Steps<readonly Problem[]> {
  const denials = new Denials()
  for (const file of files) if (file.tier === 'base' && file.clients === undefined) yield* denials.addSteps(file)
  const problems: Problem[] = []
  for (const file of files) if (file.tier === 'app' && denials.size > 0) yield* denials.explainSteps(file, problems)
  return problems
}

/** What is denied for good, names without a value for each. */
class Denials {
  readonly #names = new NameTable({ names: 0, octets: 0 })
  /** By the number of the name: which entry of which file denies it. */
  readonly #files: ZoneFile[] = []
  readonly #entries = new Numbers()
  readonly #prefixes = new Map<string, PrefixRule>()

  get size(): number {
    return this.#names.size + this.#prefixes.size
  }

  *addSteps(file: ZoneFile): Steps<void> {
    for (const [entry, rule] of file.prefixes.entries()) {
      if (isFinal(rule)) this.#prefixes.set(formatPrefix(rule.prefix), rule)
      if (entry % ENTRIES_A_STEP === 0) yield
    }
    if (!file.names.terms.some(isFinal)) return
    for (let entry = 0; entry < file.names.length; entry++) {
      if (isFinal(file.names.termsAt(entry))) this.#addName(file, entry)
      if (entry % ENTRIES_A_STEP === 0) yield
    }
  }

  *explainSteps(file: ZoneFile, problems: Problem[]): Steps<void> {
    for (let entry = 0; entry < file.names.length; entry++) {
      const { octets, from, to } = file.names.patternOctets(entry)
      const number = this.#names.findOctets(octets, from, to)
      if (number !== NO_NAME) problems.push(...explain(file.names.at(entry), this.#files[number]!.names.at(this.#entries.at(number))))
      if (entry % ENTRIES_A_STEP === 0) yield
    }
    for (const [entry, rule] of file.prefixes.entries()) {
      problems.push(...explain(rule, this.#prefixes.get(formatPrefix(rule.prefix))))
      if (entry % ENTRIES_A_STEP === 0) yield
    }
  }

  #addName(file: ZoneFile, entry: number): void {
    const { octets, from, to } = file.names.patternOctets(entry)
    const number = this.#names.add(octets, from, to)
    if (number < this.#files.length) return
    this.#files.push(file)
    this.#entries.push(entry)
  }
}

function isFinal({ kind, until }: Pick<Rule, 'kind' | 'until'>): boolean {
  return kind === 'deny' && until === undefined
}

function explain(rule: NameRule | PrefixRule, denial: NameRule | PrefixRule | undefined): readonly Problem[] {
  if (rule.kind === 'deny' || denial === undefined) return []
  const message = `allows nothing: ${denial.place.file}:${denial.place.line} denies ${subjectOf(rule)} in the base tier`
  return [{ ...rule.place, message, severity: 'warning' }]
}

function subjectOf(rule: NameRule | PrefixRule): string {
  return 'prefix' in rule ? formatPrefix(rule.prefix) : formatPattern(rule)
}
