// DNS flows from before the redirect. Translation is settled with the first packet of a flow, so no rule leads the later ones to the resolver:
// they are refused, and who goes on asking from the same port keeps the entry alive by that. Once it is forgotten, the next query is answered.

import { knowsFlows, openConntrack } from '../linux/conntrack.ts'
import { answererOf } from '../linux/conntrack-entry.ts'
import { localAddresses } from '../linux/local-address.ts'
import { openRouteLookup } from '../linux/route-lookup.ts'
import type { Address } from '../net/address.ts'
import { matchesInterface } from '../net/interface-pattern.ts'
import type { FirewallOptions } from './options.ts'
import { DNS_PORT } from './ruleset/common.ts'

type Guarded = Pick<FirewallOptions, 'guard' | 'interfaces' | 'resolverPort'>

/** Forgets the DNS flows of sandboxes that somebody else than the resolver answers, those that the server began among them. Returns how many. Throws NetlinkError. */
export function endEarlierDns(guarded: Guarded): number {
  if (!knowsFlows()) return 0
  const conntrack = openConntrack()
  const routes = openRouteLookup()
  try {
    const local = localAddresses()
    const isSandbox = remember(
      guarded.guard === 'output' ? () => true : (address) => isBehind(guarded.interfaces, routes.interfaceTo(address)),
    )
    const isEarlier = (entry: Buffer, family: 4 | 6): boolean => {
      const answerer = answererOf(entry, family)
      return answerer !== undefined && !(answerer.port === guarded.resolverPort && local.has(answerer.address))
    }
    return conntrack.deleteFlows(undefined, ({ family, source, destination, sourcePort, destinationPort }, entry) =>
      destinationPort === DNS_PORT ? isEarlier(entry, family) && isSandbox(source) : sourcePort === DNS_PORT && isSandbox(destination),
    )
  } finally {
    routes.close()
    conntrack.close()
  }
}

function isBehind(interfaces: readonly string[], name: string | undefined): boolean {
  return name !== undefined && interfaces.some((pattern) => matchesInterface(pattern, name))
}

/** One question to the kernel an address, not one a flow. */
function remember(isSandbox: (address: Address) => boolean): (address: Address) => boolean {
  const known = new Map<Address, boolean>()
  return (address) => {
    const found = known.get(address) ?? isSandbox(address)
    known.set(address, found)
    return found
  }
}
