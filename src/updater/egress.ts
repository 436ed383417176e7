// Which client leaves by which address of this host: the settings, applied to the clients of now and the addresses of now.

import type { Flow } from '../linux/conntrack.ts'
import { ADDRESS_BITS, type Address, addressFromValue, addressValue, type Family, familyOf } from '../net/address.ts'
import { formatPrefix, type Prefix, prefixRange } from '../net/prefix.ts'
import { buildPrefixTable, groupsAround } from '../net/prefix-table.ts'
import type { Policy } from '../policy/policy.ts'
import { cutRange, mergeAdjacent } from '../policy/range.ts'
import type { ClientSelector } from '../policy/rule.ts'
import { BEGUN_MARK } from './ruleset/common.ts'
import type { EgressRange } from './ruleset/description.ts'

/** Fixed source addresses, one of each family at most: for everybody, and for some clients in particular. */
export interface EgressSettings {
  readonly everybody: readonly Address[]
  readonly clients: readonly { readonly selector: ClientSelector; readonly addresses: readonly Address[] }[]
}

/** Why nothing of some clients leaves in a family, or by which address they do. */
export interface EgressStatus {
  /** "everybody", "reviewer-7", "10.77.1.0/24" */
  readonly clients: string
  readonly family: Family
  readonly address: Address | undefined
  readonly problem: string | undefined
}

interface Claim {
  readonly prefix: Prefix
  readonly addresses: readonly Address[]
}

const FAMILIES: readonly Family[] = [4, 6]
const EVERYTHING: Readonly<Record<Family, Prefix>> = {
  4: { family: 4, address: '0.0.0.0' as Address, length: 0 },
  6: { family: 6, address: '::' as Address, length: 0 },
}

/** Disjoint; of several claims to a client the narrowest counts. In a family without an address that is on the host, nothing leaves. */
export function egressRanges(settings: EgressSettings, policy: Policy, local: ReadonlySet<Address>): readonly EgressRange[] {
  const claims = claimsOf(settings, policy)
  const table = buildPrefixTable(claims, ({ prefix }) => prefix)
  return FAMILIES.flatMap((family) => {
    const borders = claims.filter(({ prefix }) => prefix.family === family).map(({ prefix }) => prefixRange(prefix))
    const whole = { first: 0n, last: (1n << BigInt(ADDRESS_BITS[family])) - 1n }
    const pieces = cutRange(whole, borders).flatMap((piece) => {
      const claim = groupsAround(table, addressFromValue(piece.first, family))[0]?.[0]
      return claim === undefined ? [] : [{ family, ...piece, address: usable(claim.addresses, family, local) }]
    })
    return mergeAdjacent(
      pieces,
      (range) => range,
      ({ address }) => address ?? '',
      (range, { first, last }) => ({ ...range, first, last }),
    )
  })
}

export function egressStatus({ everybody, clients }: EgressSettings, local: ReadonlySet<Address>): readonly EgressStatus[] {
  const groups = [
    ...(everybody.length === 0 ? [] : [{ name: 'everybody', addresses: everybody }]),
    ...clients.map(({ selector, addresses }) => ({ name: nameOf(selector), addresses })),
  ]
  return groups.flatMap(({ name, addresses }) =>
    FAMILIES.map((family) => {
      const address = addresses.find((each) => familyOf(each) === family)
      return { clients: name, family, address, problem: problemOf(address, family, local) }
    }),
  )
}

/** Does a flow that we let begin leave by another address than it should? It began before. */
export function strays(ranges: readonly EgressRange[]): (flow: Flow) => boolean {
  return ({ family, source, seenAs, mark }) => {
    if ((mark & BEGUN_MARK) === 0) return false
    const value = addressValue(source)
    return ranges.some((range) => range.family === family && range.first <= value && value <= range.last && seenAs !== range.address)
  }
}

function claimsOf({ everybody, clients }: EgressSettings, policy: Policy): Claim[] {
  const general = everybody.length === 0 ? [] : FAMILIES.map((family) => ({ prefix: EVERYTHING[family], addresses: everybody }))
  const special = clients.flatMap(({ selector, addresses }) => prefixesOf(selector, policy).map((prefix) => ({ prefix, addresses })))
  return [...special, ...general]
}

function prefixesOf(selector: ClientSelector, { clients }: Policy): readonly Prefix[] {
  return selector.kind === 'prefix' ? [selector.prefix] : (clients.find(({ name }) => name === selector.name)?.prefixes ?? [])
}

function usable(addresses: readonly Address[], family: Family, local: ReadonlySet<Address>): Address | undefined {
  return addresses.find((address) => familyOf(address) === family && local.has(address))
}

function problemOf(address: Address | undefined, family: Family, local: ReadonlySet<Address>): string | undefined {
  if (address === undefined) return `updater.snat names no IPv${family} address`
  return local.has(address) ? undefined : `${address} is not on this host: ip address add ${address} dev INTERFACE`
}

function nameOf(selector: ClientSelector): string {
  return selector.kind === 'name' ? selector.name : formatPrefix(selector.prefix)
}
