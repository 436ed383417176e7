// What only shows when all files are there: clients that nobody knows, entries that the other tier overrules.

import { formatPrefix } from '../net/prefix.ts'
import type { ClientEntry } from '../policy/client.ts'
import type { NameRule, PrefixRule, ZoneFile } from '../policy/rule.ts'
import { createBreath } from './breath.ts'
import { formatPattern } from './name-text.ts'
import type { Problem } from './problem.ts'

export async function crossCheck(files: readonly ZoneFile[], clients: readonly ClientEntry[]): Promise<readonly Problem[]> {
  const known = new Set(clients.map(({ name }) => name))
  return [...files.flatMap((file) => unknownClients(file, known)), ...(await overruled(files))]
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

/** A deny in base for everybody is final: what app allows over it is a misunderstanding, not a danger. */
async function overruled(files: readonly ZoneFile[]): Promise<readonly Problem[]> {
  const denials = new Map<string, NameRule | PrefixRule>()
  for (const file of files) {
    if (file.tier !== 'base' || file.clients !== undefined) continue
    for (const rule of rulesOf(file)) if (rule.kind === 'deny' && rule.until === undefined) denials.set(subjectOf(rule), rule)
  }
  if (denials.size === 0) return []
  const problems: Problem[] = []
  const breathe = createBreath()
  for (const file of files) {
    if (file.tier === 'app') for (const rule of rulesOf(file)) problems.push(...explain(rule, denials.get(subjectOf(rule))))
    await breathe()
  }
  return problems
}

function explain(rule: NameRule | PrefixRule, denial: NameRule | PrefixRule | undefined): readonly Problem[] {
  if (rule.kind === 'deny' || denial === undefined) return []
  const message = `allows nothing: ${denial.place.file}:${denial.place.line} denies ${subjectOf(rule)} in the base tier`
  return [{ ...rule.place, message, severity: 'warning' }]
}

function rulesOf(file: ZoneFile): readonly (NameRule | PrefixRule)[] {
  return [...file.names, ...file.prefixes]
}

function subjectOf(rule: NameRule | PrefixRule): string {
  return 'prefix' in rule ? formatPrefix(rule.prefix) : formatPattern(rule)
}
