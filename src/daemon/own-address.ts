import { networkInterfaces } from 'node:os'
import type { Address } from '../net/address.ts'
import { parseAddress } from '../net/address.ts'

/** The kernel is asked at most this often: answers come by the thousand. */
const LOOK_MS = 1_000

/** Tells whether an address is one of this host's at the moment. */
export function createOwnAddresses(): (address: Address) => boolean {
  let known: ReadonlySet<string> = new Set()
  let nextAt = 0
  return (address) => {
    if (performance.now() >= nextAt) {
      known = listAddresses()
      nextAt = performance.now() + LOOK_MS
    }
    return known.has(address)
  }
}

function listAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => parseAddress(address)))
  return new Set(addresses.filter((address) => address !== undefined))
}
