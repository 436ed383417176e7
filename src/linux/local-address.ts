import { networkInterfaces } from 'node:os'
import { type Address, parseAddress } from '../net/address.ts'

/** The addresses of this host now, on interfaces that are up. */
export function localAddresses(): ReadonlySet<Address> {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)
  return new Set(all.flatMap(({ address }) => parseAddress(address) ?? []))
}
