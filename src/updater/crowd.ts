// Whose flows are counted together: those of an address that is a client, else those of an IPv4 address or an IPv6 /64. What those others
// have by interface is known to the rules alone.

import { type Address, familyOf } from '../net/address.ts'
import { isSingleAddress } from '../net/prefix.ts'
import { networkOf } from '../policy/client-table.ts'
import type { Policy } from '../policy/policy.ts'

/** Of either family: a set with too many elements voids the whole table. Others have their interface's count. */
const MOST_NAMED = 16_384

/** The addresses that clients are known by one by one: so many there are, and no more. */
export function namedAddresses({ clients }: Policy): readonly Address[] {
  const singles = clients.flatMap(({ prefixes }) => prefixes.filter(isSingleAddress))
  const addresses = [...new Set(singles.map(({ address }) => address))]
  return ([4, 6] as const).flatMap((family) => addresses.filter((address) => familyOf(address) === family).slice(0, MOST_NAMED))
}

/** By whom the rules count the flows of a source, from how many flows each source has. */
export function countCrowds(sources: ReadonlyMap<Address, number>, policy: Policy): ReadonlyMap<string, number> {
  const named = new Set(namedAddresses(policy))
  const crowds = new Map<string, number>()
  for (const [source, flows] of sources) {
    const crowd = named.has(source) ? source : networkOf(source)
    crowds.set(crowd, (crowds.get(crowd) ?? 0) + flows)
  }
  return crowds
}
