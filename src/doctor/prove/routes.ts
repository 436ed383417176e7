// What the kernel of the gateway believes about the way to an address, and what of it an attack has made it believe.
import { spawnSync } from 'node:child_process'
import type { Sighting } from './judge.ts'
import { ownersOf } from './plan.ts'

const LISTINGS = ['-4 route show table all', '-6 route show table all', '-4 route show cache', '-6 route show cache', '-6 neigh show']
const ADDRESS = /[0-9a-f]*(?:[.:][0-9a-f]*)+/g

/** Lines of ip(8) that name an address of an attack: nobody but that attack can have brought them in. */
export function beliefsAboutAttacks(token: string): readonly Sighting[] {
  const owners = ownersOf(token)
  return LISTINGS.flatMap((listing) => spawnSync('ip', listing.split(' '), { encoding: 'utf8' }).stdout.split('\n')).flatMap((line) => {
    const address = line.match(ADDRESS)?.find((each) => owners.has(each))
    if (address === undefined || !line.includes('sbx')) return []
    const attack = owners.get(address)!.number
    return [{ where: 'gateway', protocol: 'routing', source: 'sandbox', destination: line.trim(), destinationPort: 0, attack, count: 1 }]
  })
}
