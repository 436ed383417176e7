import type { Name } from '../dns/name.ts'
import type { Address } from '../net/address.ts'
import { addressValue, type Family, familyOf } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import { rangesLeadingInto } from '../net/special.ts'
import type { Below } from './below.ts'
import type { Place, PrefixRule } from './rule.ts'
import type { Scope } from './scope.ts'
import type { Allow } from './verdict.ts'

export interface ValueRange {
  readonly first: bigint
  readonly last: bigint
}

/** What a client sees of a policy: the scopes whose files are for it. Opaque outside this room; clients with the same scopes share one. */
export interface View {
  readonly scopes: readonly Scope[]
  /** Those with entries about addresses, and their ids: equal keys decide alike about addresses. */
  readonly prefixScopes: readonly Scope[]
  readonly prefixKey: string
  /** Ranges of addresses that settings forbid to open, embedded forms included. */
  readonly neverOpen: Readonly<Record<Family, readonly ValueRange[]>>
  readonly audit: boolean
  /** Does any entry ever end? If none does, nobody needs to look for expired ones. */
  readonly hasEnds: boolean
  /** Costly answers of `allowsBelow`, by name. */
  readonly below: Map<Name, Below>
  /** What one entry allowed by itself the last time; kept by decide.ts. */
  lastAllow: Allow | undefined
}

export type NeverOpen = View['neverOpen']

export function neverOpenRanges(prefixes: readonly Prefix[]): NeverOpen {
  const ofFamily = (family: Family) => prefixes.flatMap((prefix) => rangesLeadingInto(prefix, family))
  return { 4: ofFamily(4), 6: ofFamily(6) }
}

export function isNeverOpen(view: View, address: Address): boolean {
  const ranges = view.neverOpen[familyOf(address)]
  if (ranges.length === 0) return false
  const value = addressValue(address)
  return ranges.some(({ first, last }) => first <= value && value <= last)
}

/** Where zone files put the client into audit mode. */
export function auditPlacesOf({ scopes }: View): readonly Place[] {
  return scopes.flatMap(({ auditPlaces }) => auditPlaces)
}

/** The entries about addresses that are for the client. */
export function prefixRulesOf({ prefixScopes }: View): readonly PrefixRule[] {
  return prefixScopes.flatMap(({ prefixRules }) => prefixRules)
}
