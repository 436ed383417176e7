import { BlockList } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type Address, familyOf } from '../net/address.ts'

/** Is it one of this machine's own addresses, or on a link of it, as the next router is? */
export function isNeighbor(address: Address): boolean {
  const links = new BlockList()
  for (const own of Object.values(networkInterfaces()).flatMap((list = []) => list)) {
    if (own.cidr !== null) links.addSubnet(own.address, Number(own.cidr.split('/')[1]), own.family === 'IPv4' ? 'ipv4' : 'ipv6')
  }
  return links.check(address, familyOf(address) === 4 ? 'ipv4' : 'ipv6')
}
