// What belongs to the prefixes around an address: one probe for each length that occurs, however many prefixes there are.

import { ADDRESS_BITS, type Address, addressValue, type Family, familyOf } from './address.ts'
import type { Prefix } from './prefix.ts'

/** Everything of one prefix length, by the leading bits of the addresses. */
interface Level<T> {
  readonly hostBits: bigint
  readonly entries: ReadonlyMap<bigint, readonly T[]>
}

export interface PrefixTable<T> {
  /** Longest prefixes first. */
  readonly levels: Readonly<Record<Family, readonly Level<T>[]>>
}

/** Things of equal prefixes keep the order in which they are given. */
export function buildPrefixTable<T>(things: readonly T[], prefixOf: (thing: T) => Prefix): PrefixTable<T> {
  return { levels: { 4: buildLevels(things, prefixOf, 4), 6: buildLevels(things, prefixOf, 6) } }
}

/** What belongs to prefixes that contain the address: a group for each prefix, the longest first. */
export function groupsAround<T>({ levels }: PrefixTable<T>, address: Address): readonly (readonly T[])[] {
  const ofFamily = levels[familyOf(address)]
  if (ofFamily.length === 0) return []
  const value = addressValue(address)
  return ofFamily.map(({ hostBits, entries }) => entries.get(value >> hostBits)).filter((group) => group !== undefined)
}

/** Is an address in one of the prefixes? */
export function createMatcher(prefixes: readonly Prefix[]): (address: Address) => boolean {
  const table = buildPrefixTable(prefixes, (prefix) => prefix)
  return (address) => groupsAround(table, address).length > 0
}

function buildLevels<T>(things: readonly T[], prefixOf: (thing: T) => Prefix, family: Family): readonly Level<T>[] {
  const ofFamily = things.filter((thing) => prefixOf(thing).family === family)
  const byLength = Map.groupBy(ofFamily, (thing) => prefixOf(thing).length)
  return [...byLength]
    .toSorted(([a], [b]) => b - a)
    .map(([length, members]) => {
      const hostBits = BigInt(ADDRESS_BITS[family] - length)
      return { hostBits, entries: Map.groupBy(members, (thing) => addressValue(prefixOf(thing).address) >> hostBits) }
    })
}
