// The addresses at which this machine answers by itself. Packets are carried by sockets of the machine's, so that whatever is sent to one
// of these arrives at its services as from itself, public address or not.

import { existsSync, readFileSync } from 'node:fs'
import { watchRoutes } from '../linux/route.ts'
import { listLocalPrefixes } from '../linux/route-table.ts'
import type { Address } from '../net/address.ts'
import { containsAddress, formatPrefix, type Prefix, parsePrefix, withoutHole } from '../net/prefix.ts'

const IPV6_ADDRESSES = '/proc/net/if_inet6'
const LOOK_MS = 50

/** Of all its interfaces, with a carrier or not, as they are now; whole prefixes may be local. */
export function ownPrefixes(): readonly Prefix[] {
  const ipv6 = existsSync(IPV6_ADDRESSES) ? parseIpv6Addresses(readFileSync(IPV6_ADDRESSES, 'utf8')) : []
  return [...new Map([...listLocalPrefixes(), ...ipv6].map((prefix) => [formatPrefix(prefix), prefix])).values()]
}

export interface OwnPrefixes {
  readonly atFirst: readonly Prefix[]
  close(): void
}

/** Calls back with those that have been added since, soon after. */
export function watchOwnPrefixes(onAdded: (added: readonly Prefix[]) => void): OwnPrefixes {
  // Before they are read, so that what is added meanwhile is news.
  const watch = watchRoutes()
  const atFirst = ownPrefixes()
  const known = new Set(atFirst.map(formatPrefix))
  function look(): void {
    if (!watch.poll()) return
    const added = ownPrefixes().filter((prefix) => !known.has(formatPrefix(prefix)))
    for (const prefix of added) known.add(formatPrefix(prefix))
    if (added.length > 0) onAdded(added)
  }
  const timer = setInterval(look, LOOK_MS)
  return {
    atFirst,
    close: () => {
      clearInterval(timer)
      watch.close()
    },
  }
}

/** What is left of the prefixes without those addresses. */
export function withoutAddresses(prefixes: readonly Prefix[], addresses: readonly Address[]): readonly Prefix[] {
  return addresses.reduce(withoutAddress, prefixes)
}

function withoutAddress(prefixes: readonly Prefix[], address: Address): readonly Prefix[] {
  const hole = parsePrefix(address)!
  return prefixes.flatMap((prefix) => (containsAddress(prefix, address) ? withoutHole(prefix, hole) : [prefix]))
}

/** Thirty-two hexadecimal digits come first (proc_net_if_inet6). */
export function parseIpv6Addresses(text: string): readonly Prefix[] {
  return [...text.matchAll(/^[0-9a-f]{32}/gm)].map(([digits]) => parsePrefix(digits.match(/.{4}/g)!.join(':'))!)
}
