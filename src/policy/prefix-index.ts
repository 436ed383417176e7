// Every address entry of a policy, and those around an address.

import type { Address } from '../net/address.ts'
import { buildPrefixTable, groupsAround, type PrefixTable } from '../net/prefix-table.ts'
import type { PrefixRule } from './rule.ts'

export interface ScopedPrefixRule {
  readonly scope: number
  readonly rule: PrefixRule
}

export interface PrefixIndex {
  readonly all: readonly ScopedPrefixRule[]
  readonly table: PrefixTable<ScopedPrefixRule>
}

/** Builds the index from entries given in file order. */
export function buildPrefixIndex(all: readonly ScopedPrefixRule[]): PrefixIndex {
  return { all, table: buildPrefixTable(all, ({ rule }) => rule.prefix) }
}

/** The entries whose prefix contains the address: groups of one prefix each, the longest first. */
export function entriesAround(index: PrefixIndex, address: Address): readonly (readonly ScopedPrefixRule[])[] {
  return groupsAround(index.table, address)
}
