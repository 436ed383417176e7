// Entries of zone files as values. How they are written is the business of `zones`.

import type { Name } from '../dns/name.ts'
import type { PortRange } from '../net/port.ts'
import type { Prefix } from '../net/prefix.ts'
import type { NameRules } from './name-rules.ts'

export type Tier = 'base' | 'app'

export interface Place {
  readonly file: string
  readonly line: number
}

/** What every entry has, whatever it is about. */
export interface Rule {
  readonly kind: 'allow' | 'deny'
  /** Merged (`mergePorts`); empty for a deny entry. */
  readonly ports: readonly PortRange[]
  /** May it reach special-purpose addresses? */
  readonly private: boolean
  /** Milliseconds since the epoch from which on the entry counts as absent; undefined: never. */
  readonly until: number | undefined
  readonly tier: Tier
  readonly place: Place
  /** The entry as written, without its comment. */
  readonly text: string
}

export interface NameRule extends Rule {
  readonly name: Name
  /** About every name below `name`, and not about `name` itself. */
  readonly wildcard: boolean
  /** Types beyond A and AAAA. */
  readonly types: readonly number[]
}

export interface PrefixRule extends Rule {
  readonly prefix: Prefix
}

/** Whom a file is for: a name from the settings, or whoever has an address in a prefix. */
export type ClientSelector = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'prefix'; readonly prefix: Prefix }

export interface DirectiveLines {
  readonly clients?: number
  readonly mode?: number
}

/** One parsed zone file. */
export interface ZoneFile {
  readonly file: string
  readonly tier: Tier
  /** Undefined: every known client. */
  readonly clients: readonly ClientSelector[] | undefined
  /** `$MODE audit`: what is denied to these clients is let through, and recorded. */
  readonly audit: boolean
  readonly names: NameRules
  readonly prefixes: readonly PrefixRule[]
  /** SHA-256 of the text, in hexadecimal. */
  readonly digest: string
  /** Where `$CLIENTS` and `$MODE` stand. */
  readonly lines?: DirectiveLines
}

/** Is the entry in force at `now`? */
export function isInForce(rule: Pick<Rule, 'until'>, now: number): boolean {
  return rule.until === undefined || now < rule.until
}

/** Would the entry allow, had its time not run out? */
export function isExpiredAllow(rule: Pick<Rule, 'kind' | 'until'>, now: number): boolean {
  return rule.kind === 'allow' && !isInForce(rule, now)
}

export function isDeny(rule: Rule): boolean {
  return rule.kind === 'deny'
}

/** The earliest end of the given entries; Infinity when none ends. */
export function earliestEnd(rules: readonly Rule[]): number {
  return rules.reduce((earliest, rule) => Math.min(earliest, rule.until ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
}

/** File order: by file, then by line. */
export function comparePlaces(a: Rule, b: Rule): number {
  if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1
  return a.place.line - b.place.line
}
