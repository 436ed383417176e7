import type { Address } from '../net/address.ts'
import { addressValue, type Family, familyOf } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import { rangesLeadingInto } from '../net/special.ts'
import type { Below } from './below.ts'
import type { NameIndex } from './name-index.ts'
import type { PrefixIndex } from './prefix-index.ts'

export interface ValueRange {
  readonly first: bigint
  readonly last: bigint
}

/** What a client sees of a policy: the scopes whose files are for it. Opaque outside this room; clients with the same scopes share one. */
export interface View {
  readonly names: NameIndex
  readonly prefixes: PrefixIndex
  /** Ranges of addresses that settings forbid to open, embedded forms included. */
  readonly neverOpen: Readonly<Record<Family, readonly ValueRange[]>>
  /** By scope: 1 where its files are for the client. */
  readonly applies: Uint8Array
  /** By scope: the next one that applies, itself included; the number of scopes if none does. */
  readonly following: Int32Array
  readonly audit: boolean
  /** Costly answers of `allowsBelow`, by node. */
  readonly below: Map<number, Below>
}

export function neverOpenRanges(prefixes: readonly Prefix[]): View['neverOpen'] {
  const ofFamily = (family: Family) => prefixes.flatMap((prefix) => rangesLeadingInto(prefix, family))
  return { 4: ofFamily(4), 6: ofFamily(6) }
}

export function isNeverOpen(view: View, address: Address): boolean {
  const ranges = view.neverOpen[familyOf(address)]
  if (ranges.length === 0) return false
  const value = addressValue(address)
  return ranges.some(({ first, last }) => first <= value && value <= last)
}
