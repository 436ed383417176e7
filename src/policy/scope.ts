// A scope is whom a file is for. Files for the same clients share one, so that a policy of a thousand files for ten sandboxes has ten.

import type { Address } from '../net/address.ts'
import { containsAddress, formatPrefix, isSingleAddress } from '../net/prefix.ts'
import type { ClientEntry } from './client.ts'
import type { ClientSelector, ZoneFile } from './rule.ts'

export interface Scope {
  /** Undefined: every known client. */
  readonly selectors: readonly ClientSelector[] | undefined
  readonly files: readonly ZoneFile[]
  readonly audit: boolean
}

/** The scopes of the files, each with its files in the order given. */
export function groupByScope(files: readonly ZoneFile[]): readonly Scope[] {
  const groups = Map.groupBy(files, ({ clients }) => (clients === undefined ? '*' : clients.map(formatSelector).sort().join(' ')))
  return [...groups.values()].map((members) => ({
    selectors: members[0]!.clients,
    files: members,
    audit: members.some(({ audit }) => audit),
  }))
}

/** Is the scope for the client at `source`, which the settings know as `entry` or not at all? */
export function selects(scope: Scope, source: Address, entry: ClientEntry | undefined): boolean {
  if (scope.selectors === undefined) return true
  const addresses = [source, ...(entry === undefined ? [] : singleAddresses(entry))]
  return scope.selectors.some((selector) =>
    selector.kind === 'name' ? selector.name === entry?.name : addresses.some((address) => containsAddress(selector.prefix, address)),
  )
}

export function singleAddresses(entry: ClientEntry): readonly Address[] {
  return entry.prefixes.filter(isSingleAddress).map(({ address }) => address)
}

export function formatSelector(selector: ClientSelector): string {
  return selector.kind === 'name' ? selector.name : formatPrefix(selector.prefix)
}
