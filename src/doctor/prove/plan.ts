// Who is who in a run: for each attack a marker, addresses and names that nobody else uses, so that whatever arrives on the far
// side tells which attack sent it.
import { parseAddress } from '../../net/address.ts'

export type GuardUnderTest = 'forward' | 'output' | 'none'
export const GUARDS: readonly GuardUnderTest[] = ['forward', 'output', 'none']

export interface Pair {
  readonly 4: string
  readonly 6: string
}

/** Both ends of the link between gateway and far side, of the sandbox's link, and of its neighbour's. */
export const GATEWAY: Pair = { 4: '198.51.100.253', 6: '2001:db8:ff::1' }
export const FAR: Pair = { 4: '198.51.100.254', 6: '2001:db8:ff::2' }
export const SANDBOX: Pair = { 4: '10.77.1.2', 6: 'fd77:1::2' }
export const SANDBOX_GATEWAY: Pair = { 4: '10.77.1.1', 6: 'fd77:1::1' }
export const NEIGHBOUR: Pair = { 4: '10.77.2.2', 6: 'fd77:2::2' }
export const NEIGHBOUR_GATEWAY: Pair = { 4: '10.77.2.1', 6: 'fd77:2::1' }

/** The highest number of an attack: markers have three digits of it. */
export const MOST_ATTACKS = 999
/** TCP connections of attack n come from this port + n. */
const FIRST_SOURCE_PORT = 20_000

/**
 * Zones below `example` that the upstream knows, with the addresses that their names lead to. The sandbox may resolve `open`,
 * `grey`, `barred`, `shared` and `tunnel`, of which `grey` is revoked now and then and `barred` denied, and reach tcp/443 there; its neighbour may do so with `theirs`; no zone file mentions `denied`.
 */
export const ZONES = {
  open: 'open',
  grey: 'grey',
  barred: 'grey',
  shared: 'closed',
  tunnel: 'open',
  theirs: 'closed',
  denied: 'closed',
} as const
export type Zone = keyof typeof ZONES

export type Kind = 'closed' | 'open' | 'grey' | 'private'

/** What one attack has to itself. */
export interface Share {
  readonly number: number
  /** In every payload and in every name. */
  readonly marker: string
  readonly sourcePort: number
  /** No answer opens these to the sandbox: whatever arrives there has got out. */
  readonly closed: Pair
  /** An answered name opens these on tcp/443; whatever else arrives there has got out. */
  readonly open: Pair
  /** The same, but what carries the marker has got out. */
  readonly grey: Pair
  /** Special-purpose addresses: no name may open them. */
  readonly private: Pair
}

export function shareOf(token: string, number: number): Share {
  const hex = number.toString(16)
  // Public, and seen by nobody outside of the run; the documentation ranges of IPv4 are too small.
  const low = `${number >> 8}.${number & 255}`
  return {
    number,
    marker: `sp${token}n${String(number).padStart(3, '0')}`,
    sourcePort: FIRST_SOURCE_PORT + number,
    closed: { 4: `33.0.${low}`, 6: `2001:db8:1::${hex}` },
    open: { 4: `33.1.${low}`, 6: `2001:db8:2::${hex}` },
    grey: { 4: `33.2.${low}`, 6: `2001:db8:3::${hex}` },
    private: { 4: `10.99.${low}`, 6: `fd99::${hex}` },
  }
}

/** What payloads say after the marker, so that one among the octets of an allowed question is told from its name. */
export const SAYING = ' was here'

/** What the far side says when it begins a flow by itself, and from which port. */
export const KNOCKING = 'knock, knock'
export const KNOCK_PORT = 7_777
/** A line after which the far side goes on sending by itself. */
export const CHATTER = 'chatter'

/** The numbers of the attacks whose markers are in the octets, in whatever case. */
export function markersIn(octets: Buffer, token: string): readonly number[] {
  const found = octets.toString('latin1').matchAll(new RegExp(`sp${token}n(\\d{3})`, 'gi'))
  return [...new Set([...found].map(([, number]) => Number(number)))]
}

export function numberAtPort(port: number): number | undefined {
  const number = port - FIRST_SOURCE_PORT
  return number > 0 && number <= MOST_ATTACKS ? number : undefined
}

/** IPv6 addresses that lead to an IPv4 address: mapped, compatible, NAT64 in two places, 6to4, ISATAP, Teredo's servers. */
export function embeddingsOf(ipv4: string): readonly string[] {
  const [a, b, c, d] = ipv4.split('.').map(Number) as [number, number, number, number]
  const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
  const forms = [
    `::ffff:${high}:${low}`,
    `::${high}:${low}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${high}:${low}`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::1`,
  ]
  return forms.map((form) => parseAddress(form)!)
}

export interface Owner {
  readonly number: number
  readonly kind: Kind
}

/** Every address of every attack. */
export function ownersOf(token: string): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>()
  for (let number = 1; number <= MOST_ATTACKS; number++) {
    const { closed, open, grey, private: own } = shareOf(token, number)
    for (const [kind, pair] of Object.entries({ closed, open, grey, private: own }) as [Kind, Pair][]) {
      for (const address of [pair[4], pair[6]]) owners.set(address, { number, kind })
    }
    for (const address of [...embeddingsOf(own[4]), ...embeddingsOf(closed[4])]) owners.set(address, { number, kind: 'closed' })
  }
  return owners
}
