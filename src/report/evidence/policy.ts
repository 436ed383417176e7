import { formatPortRange } from '../../net/port.ts'
import { formatPrefix } from '../../net/prefix.ts'
import type { NameRule, PrefixRule, Rule, ZoneFile } from '../../policy/rule.ts'
import type { Load } from '../../zones/loader.ts'
import { formatPattern } from '../../zones/name-text.ts'
import { formatProblem } from '../../zones/parse.ts'
import type { PolicyEntry, PolicyEvidence, PolicyFile } from './evidence.ts'

/** Where the files of now are broken, those that stand are not known here: the daemon has them. */
export function policyEvidence(load: Load): PolicyEvidence {
  if (load.kind === 'broken') return { revision: null, files: [], problems: load.problems.map(formatProblem) }
  return { revision: load.policy.revision, files: load.files.map(describeFile), problems: [] }
}

function describeFile({ file, tier, clients, audit, digest, names, prefixes }: ZoneFile): PolicyFile {
  const entries = [...Array.from(names, describeName), ...prefixes.map(describePrefix)].toSorted((one, other) => one.line - other.line)
  const selectors = clients?.map((selector) => (selector.kind === 'name' ? selector.name : formatPrefix(selector.prefix))) ?? null
  return { file, tier, clients: selectors, audit, sha256: digest, entries }
}

function describeName(rule: NameRule): PolicyEntry {
  return { ...describeRule(rule), subject: formatPattern(rule) }
}

function describePrefix(rule: PrefixRule): PolicyEntry {
  return { ...describeRule(rule), subject: formatPrefix(rule.prefix) }
}

function describeRule(rule: Rule): Omit<PolicyEntry, 'subject'> {
  const { kind, ports, until, place } = rule
  const lastDay = until === undefined ? null : new Date(until - 1).toISOString().slice(0, 10)
  return { line: place.line, kind, ports: ports.map(formatPortRange), private: rule.private, until: lastDay }
}
