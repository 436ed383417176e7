// Every address entry of a policy, by family and prefix length.

import { ADDRESS_BITS, type Address, addressValue, type Family, familyOf } from '../net/address.ts'
import type { PrefixRule } from './rule.ts'

export interface ScopedPrefixRule {
  readonly scope: number
  readonly rule: PrefixRule
}

/** The entries of one prefix length, by the leading bits of their addresses. */
interface Level {
  readonly hostBits: bigint
  readonly entries: ReadonlyMap<bigint, readonly ScopedPrefixRule[]>
}

export interface PrefixIndex {
  readonly all: readonly ScopedPrefixRule[]
  /** Longest prefixes first. */
  readonly levels: Readonly<Record<Family, readonly Level[]>>
}

/** Builds the index from entries given in file order. */
export function buildPrefixIndex(all: readonly ScopedPrefixRule[]): PrefixIndex {
  return { all, levels: { 4: buildLevels(all, 4), 6: buildLevels(all, 6) } }
}

/** The entries whose prefix contains the address: groups of one prefix each, the longest first. */
export function entriesAround(index: PrefixIndex, address: Address): readonly (readonly ScopedPrefixRule[])[] {
  const levels = index.levels[familyOf(address)]
  if (levels.length === 0) return []
  const value = addressValue(address)
  return levels.map(({ hostBits, entries }) => entries.get(value >> hostBits)).filter((entries) => entries !== undefined)
}

function buildLevels(all: readonly ScopedPrefixRule[], family: Family): readonly Level[] {
  const ofFamily = all.filter(({ rule }) => rule.prefix.family === family)
  const byLength = Map.groupBy(ofFamily, ({ rule }) => rule.prefix.length)
  return [...byLength]
    .toSorted(([a], [b]) => b - a)
    .map(([length, entries]) => {
      const hostBits = BigInt(ADDRESS_BITS[family] - length)
      return { hostBits, entries: Map.groupBy(entries, ({ rule }) => addressValue(rule.prefix.address) >> hostBits) }
    })
}
