// The addresses at which this machine answers by itself. Packets are carried by sockets of the machine's, so that whatever is sent to one
// of these arrives at its services as from itself, public address or not.

import { existsSync, readFileSync } from 'node:fs'
import type { Address } from '../net/address.ts'
import { containsAddress, type Prefix, parsePrefix, withoutHole } from '../net/prefix.ts'

const IPV4_TABLES = '/proc/net/fib_trie'
const IPV6_ADDRESSES = '/proc/net/if_inet6'

/** Of all its interfaces, with a carrier or not, as they are now. */
export function ownPrefixes(): readonly Prefix[] {
  const ipv6 = existsSync(IPV6_ADDRESSES) ? parseIpv6Addresses(readFileSync(IPV6_ADDRESSES, 'utf8')) : []
  return [...parseLocalTable(readFileSync(IPV4_TABLES, 'utf8')), ...ipv6]
}

/** What is left of the prefixes without those addresses. */
export function withoutAddresses(prefixes: readonly Prefix[], addresses: readonly Address[]): readonly Prefix[] {
  return addresses.reduce(withoutAddress, prefixes)
}

function withoutAddress(prefixes: readonly Prefix[], address: Address): readonly Prefix[] {
  const hole = parsePrefix(address)!
  return prefixes.flatMap((prefix) => (containsAddress(prefix, address) ? withoutHole(prefix, hole) : [prefix]))
}

/**
 * Whole prefixes may be local. Other tables than the kernel's own are for what it intercepts. A table begins with its name; under a
 * prefix's address stand its lengths, each with scope and type (net/ipv4/fib_trie.c).
 */
export function parseLocalTable(text: string): readonly Prefix[] {
  const [, table = ''] = /^Local:\n((?: .*\n)*)/m.exec(text) ?? []
  let address = ''
  const found = new Set<string>()
  for (const line of table.split('\n')) {
    address = /\|-- (\S+)$/.exec(line)?.[1] ?? address
    const length = /^ +\/(\d+) \S+ LOCAL\b/.exec(line)?.[1]
    if (length !== undefined) found.add(`${address}/${length}`)
  }
  return [...found].map((each) => parsePrefix(each)!)
}

/** Thirty-two hexadecimal digits come first (proc_net_if_inet6). */
export function parseIpv6Addresses(text: string): readonly Prefix[] {
  return [...text.matchAll(/^[0-9a-f]{32}/gm)].map(([digits]) => parsePrefix(digits.match(/.{4}/g)!.join(':'))!)
}
