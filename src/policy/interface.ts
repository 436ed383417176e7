// Clients that are known by their interface. What decides, decides by source address: a set element holds one, and a flow in the kernel
// tells of no interface. So an interface stands for the addresses that are routed to it. Those are exactly the sources that the firewall
// lets in there (it drops what is not routed back the way it came), so no sandbox has an address of another's, whatever it calls itself.
// What follows: routes that change make another policy, and in a family in which a client has not asked, its addresses are known only if
// they are routed one by one or listed beside the interface.

import { matchesInterface } from '../net/interface-pattern.ts'
import { hasInterfaces } from '../net/place.ts'
import { formatPrefix, isInside, type Prefix } from '../net/prefix.ts'
import { buildPrefixTable, groupsAround, type PrefixTable } from '../net/prefix-table.ts'
import { prefixesByOwner, type Route } from '../net/route.ts'
import type { ClientEntry } from './client.ts'

/** An address that is listed for one client, and is behind the interface of another: it is the other's. */
export interface Displacement {
  readonly client: string
  readonly prefix: Prefix
  readonly by: string
}

export interface Binding {
  /** With the prefixes that are behind their interfaces now. */
  readonly clients: readonly ClientEntry[]
  readonly displaced: readonly Displacement[]
}

interface Claim {
  readonly entry: ClientEntry
  readonly prefix: Prefix
}

/** Whoever names the interface itself comes before a pattern that matches it, a longer pattern before a shorter. */
export function bindInterfaces(entries: readonly ClientEntry[], routes: () => readonly Route[]): Binding {
  if (!entries.some(hasInterfaces)) return { clients: entries, displaced: [] }
  const behind = prefixesByOwner(routes(), createOwners(entries))
  const claims = [...behind].flatMap(([entry, prefixes]) => prefixes.map((prefix): Claim => ({ entry, prefix })))
  const table = entries.some(({ prefixes }) => prefixes.length > 0) ? buildPrefixTable(claims, ({ prefix }) => prefix) : undefined
  const displaced = entries.flatMap((entry) => (table === undefined ? [] : displacedOf(entry, table)))
  const lost = new Set(displaced.map(({ client, prefix }) => `${client} ${formatPrefix(prefix)}`))
  const clients = entries.map((entry) => {
    const own = entry.prefixes.filter((prefix) => !lost.has(`${entry.name} ${formatPrefix(prefix)}`))
    const all = new Map([...own, ...(behind.get(entry) ?? [])].map((prefix) => [formatPrefix(prefix), prefix]))
    return { ...entry, prefixes: [...all.keys()].sort().map((text) => all.get(text)!) }
  })
  return { clients, displaced }
}

/** Has it a place now or, once its interface is there, later? Else it is a name only, for whoever joins at run time. */
export function hasPlace(entry: ClientEntry): boolean {
  return entry.prefixes.length > 0 || hasInterfaces(entry)
}

/** Whose an interface is: its name in the settings or in a call, else the longest pattern that matches it. */
export function createOwners(entries: readonly ClientEntry[]): (interfaceName: string) => ClientEntry | undefined {
  const named = entries.flatMap((entry) => (entry.interfaces ?? []).map((pattern) => ({ pattern, entry })))
  const exact = new Map(named.map(({ pattern, entry }) => [pattern, entry]))
  const patterns = named.filter(({ pattern }) => pattern.endsWith('*')).toSorted((a, b) => b.pattern.length - a.pattern.length)
  return (name) => exact.get(name) ?? patterns.find(({ pattern }) => matchesInterface(pattern, name))?.entry
}

function displacedOf(entry: ClientEntry, claims: PrefixTable<Claim>): readonly Displacement[] {
  return entry.prefixes.flatMap((prefix) => {
    const claim = groupsAround(claims, prefix.address)
      .flat()
      .find((each) => isInside(prefix, each.prefix))
    return claim === undefined || claim.entry === entry ? [] : [{ client: entry.name, prefix, by: claim.entry.name }]
  })
}
