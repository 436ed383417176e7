// Special-use names that public servers of the DNS cannot know: to be asked for them tells those servers what is used here, and helps nobody.

import { isBelow, type Name, parseName } from '../dns/name.ts'

/** No names of the DNS at all: not looked up whatever an entry says. */
const NEVER: readonly Name[] = [
  'invalid', // RFC 6761 section 6.4
  'onion', // RFC 7686 section 2
  'alt', // RFC 9476 section 3
].map(parseName)

/** Names of one site: those that an entry allows are asked of the server that the site has for them. */
const OF_SITE: readonly Name[] = [
  'test', // RFC 6761 section 6.2
  'local', // RFC 6762 section 22.1
  'home.arpa', // RFC 8375 section 4
].map(parseName)

export function isNeverLookedUp(name: Name): boolean {
  return isAtOrBelow(name, NEVER)
}

/** Is it only looked up if an entry allows it, in audit mode too? */
export function isOfSite(name: Name): boolean {
  return isAtOrBelow(name, OF_SITE)
}

function isAtOrBelow(name: Name, apexes: readonly Name[]): boolean {
  for (const apex of apexes) if (name === apex || isBelow(name, apex)) return true
  return false
}
