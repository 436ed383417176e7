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

/** Answered here, whatever an entry says (resolver/local.ts). */
export const LOCALHOST = parseName('localhost')
/** Mozilla's canary: a negative answer keeps browsers on this resolver. */
export const CANARY = parseName('use-application-dns.net')
/** Discovery of encrypted resolvers (RFC 9462 section 4): there is none to discover. */
export const RESOLVER_ARPA = parseName('resolver.arpa')
const ANSWERED_HERE: readonly Name[] = [LOCALHOST, CANARY, RESOLVER_ARPA]

const IN_VAIN = [...NEVER, ...ANSWERED_HERE].map((apex) => ({ apex, octets: Buffer.from(apex) }))
/** Of most names no more than the last octet is looked at (bench: rules). */
const IN_VAIN_BY_END = Array.from({ length: 256 }, (_, last) => IN_VAIN.filter(({ octets }) => octets.at(-1) === last))
const DOT = 0x2e

export function isAnsweredHere(name: Name): boolean {
  return isAtOrBelow(name, ANSWERED_HERE)
}

/** What keeps an entry from ever allowing anything; undefined: nothing. The name, or "*." and a name, is given as octets: entries are many. */
export function whyInVain({ octets, from, to }: Octets): string | undefined {
  for (const { apex, octets: end } of IN_VAIN_BY_END[octets[to - 1]!]!) if (endsWith(octets, from, to, end)) return explain(apex)
  return undefined
}

function explain(apex: Name): string {
  return NEVER.includes(apex) ? `names below ${apex} are never looked up in the DNS` : `${apex} is answered here, whatever the entries say`
}

function endsWith(octets: Uint8Array, from: number, to: number, apex: Uint8Array): boolean {
  const start = to - apex.length
  if (start < from || (start > from && octets[start - 1] !== DOT)) return false
  for (let at = apex.length - 1; at >= 0; at--) if (octets[start + at] !== apex[at]) return false
  return true
}

export function isNeverLookedUp(name: Name): boolean {
  return isAtOrBelow(name, NEVER)
}

/** Is it only looked up if an entry allows it, in audit mode too? */
export function isOfSite(name: Name): boolean {
  return isAtOrBelow(name, OF_SITE)
}

/** Part of what was read. */
interface Octets {
  readonly octets: Uint8Array
  readonly from: number
  readonly to: number
}

function isAtOrBelow(name: Name, apexes: readonly Name[]): boolean {
  for (const apex of apexes) if (name === apex || isBelow(name, apex)) return true
  return false
}
