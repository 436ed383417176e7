// Which scopes are for a client, without asking each of a thousand.

import type { Address } from '../net/address.ts'
import { isSingleAddress, type Prefix } from '../net/prefix.ts'
import { buildPrefixTable, groupsAround } from '../net/prefix-table.ts'
import type { ClientEntry } from './client.ts'
import type { Scope } from './scope.ts'

/** The scopes for the client at `source`, which is known as `entry` or not at all, in the order of the policy. Of an entry that is nowhere now, no source is known. */
export type ScopesOf = (source: Address | undefined, entry: ClientEntry | undefined) => readonly Scope[]

interface Numbered {
  readonly scope: Scope
  readonly number: number
}

export function createScopeTable(scopes: readonly Scope[]): ScopesOf {
  const numbered = scopes.map((scope, number) => ({ scope, number }))
  const forAll = numbered.filter(({ scope }) => scope.selectors === undefined)
  const selected = numbered.flatMap((each) => (each.scope.selectors ?? []).map((selector) => ({ each, selector })))
  const byName = Map.groupBy(selected, ({ selector }) => (selector.kind === 'name' ? selector.name : undefined))
  const byPrefix = buildPrefixTable(
    selected.flatMap(({ each, selector }) => (selector.kind === 'prefix' ? [{ each, prefix: selector.prefix }] : [])),
    ({ prefix }): Prefix => prefix,
  )
  return (source, entry) => {
    const named = entry === undefined ? [] : (byName.get(entry.name) ?? [])
    const addresses = [...(source === undefined ? [] : [source]), ...(entry === undefined ? [] : singleAddresses(entry))]
    const around = addresses.flatMap((address) => groupsAround(byPrefix, address).flat())
    const found = new Set<Numbered>([...forAll, ...[...named, ...around].map(({ each }) => each)])
    return [...found].sort((a, b) => a.number - b.number).map(({ scope }) => scope)
  }
}

export function singleAddresses(entry: ClientEntry): readonly Address[] {
  return entry.prefixes.filter(isSingleAddress).map(({ address }) => address)
}
