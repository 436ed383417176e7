// From the source address of a query to the client that asks.

import { type Address, addressFromValue, addressValue, familyOf } from '../net/address.ts'
import { HOST } from '../net/client-name.ts'
import { containsAddress, formatPrefix, isSingleAddress, parsePrefix } from '../net/prefix.ts'
import { buildPrefixTable, groupsAround } from '../net/prefix-table.ts'
import type { Client, ClientEntry, Guard } from './client.ts'
import { createOwners } from './interface.ts'
import { singleAddresses } from './scope-table.ts'
import type { View } from './view.ts'

/** Sources may be forged: beyond so many the memory starts anew. */
const REMEMBERED_SOURCES = 65_536
const LOOPBACK = [parsePrefix('127.0.0.0/8')!, parsePrefix('::1')!]
/** What has such a source is forwarded nowhere (RFC 4291 section 2.5.6). */
const LINK_LOCAL = parsePrefix('fe80::/10')!
const BOTH_FAMILIES = { ipv4: true, ipv6: true }

export interface ClientTable {
  at(source: Address): Client
  named(name: string): Client | undefined
  behind(interfaceName: string): Client | undefined
}

type ViewOf = (source: Address | undefined, entry: ClientEntry | undefined) => View

/** Remembers what it found at an address; entries and views are those of one policy. */
export function createClientTable(entries: readonly ClientEntry[], guard: Guard, viewOf: ViewOf): ClientTable {
  const known = new Map<Address, Client>()
  const entryOf = createEntryTable(entries)
  const ownerOf = createOwners(entries)

  function at(source: Address): Client {
    const found = known.get(source)
    if (found !== undefined) return found
    if (known.size >= REMEMBERED_SOURCES) known.clear()
    const client = identify(source, entryOf(source), guard, viewOf)
    known.set(source, client)
    return client
  }

  function named(name: string): Client | undefined {
    const entry = entries.find((each) => each.name === name)
    if (entry === undefined) return undefined
    const source = entry.prefixes[0]?.address
    return source === undefined ? nowhere(name, viewOf(undefined, entry)) : identify(source, entry, guard, viewOf)
  }

  function behind(interfaceName: string): Client | undefined {
    const entry = ownerOf(interfaceName)
    if (entry === undefined) return undefined
    const [source] = singleAddresses(entry)
    return source === undefined ? nowhere(entry.name, viewOf(entry.prefixes[0]?.address, entry)) : identify(source, entry, guard, viewOf)
  }

  return { at, named, behind }
}

/** Its interface is not there now, or none of its addresses is known: nothing can be open for it. */
function nowhere(name: string, view: View): Client {
  return { id: name, named: true, payer: name, view, addresses: [], families: { ipv4: false, ipv6: false } }
}

function identify(source: Address, entry: ClientEntry | undefined, guard: Guard, viewOf: ViewOf): Client {
  const view = viewOf(source, entry)
  const isLoopback = LOOPBACK.some((prefix) => containsAddress(prefix, source))
  const isHost = guard === 'forward' && isLoopback
  const named = entry !== undefined
  const payer = entry?.name ?? (guard === 'output' || isLoopback ? HOST : networkOf(source))
  if (guard !== 'forward' || isHost) {
    return { id: entry?.name ?? (isHost ? HOST : source), named, payer, view, addresses: [], families: BOTH_FAMILIES }
  }
  if (entry === undefined && containsAddress(LINK_LOCAL, source)) return { ...nowhere(source, view), named, payer }
  const singles = entry === undefined ? [] : singleAddresses(entry)
  const addresses = singles.includes(source) ? singles : [source]
  const has = (family: number) => addresses.some((address) => familyOf(address) === family)
  return { id: entry?.name ?? source, named, payer, view, addresses, families: { ipv4: has(4), ipv6: has(6) } }
}

/** An IPv6 link is a /64, and who is on it takes any address there (RFC 4291 section 2.5.1). */
export function networkOf(source: Address): string {
  if (familyOf(source) === 4) return source
  return formatPrefix({ family: 6, address: addressFromValue((addressValue(source) >> 64n) << 64n, 6), length: 64 })
}

/** Finds the entry with the longest prefix around an address; the first of several. Most are single addresses, which one probe finds. */
function createEntryTable(entries: readonly ClientEntry[]): (source: Address) => ClientEntry | undefined {
  const all = entries.flatMap((entry) => entry.prefixes.map((prefix) => ({ entry, prefix })))
  const singles = new Map<Address, ClientEntry>()
  for (const { entry, prefix } of all.toReversed()) if (isSingleAddress(prefix)) singles.set(prefix.address, entry)
  const wide = buildPrefixTable(
    all.filter(({ prefix }) => !isSingleAddress(prefix)),
    ({ prefix }) => prefix,
  )
  return (source) => singles.get(source) ?? groupsAround(wide, source)[0]?.[0]?.entry
}
