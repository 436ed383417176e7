// What the upstream of a run answers: "<marker>.<zone>.example" honestly, "<marker>.<trick>.<zone>.example" as the trick's name says.
import { decodeAddress } from '../../net/address.ts'
import type { Script, UpstreamAnswer, UpstreamRecord } from '../upstream.ts'
import { octetsOf } from './packet.ts'
import { type Pair, shareOf, ZONES, type Zone } from './plan.ts'

const TTL_SECONDS = 60
/** RFC 6672, RFC 9460 */
const DNAME = 39
const HTTPS = 65
const NOTHING: UpstreamAnswer = { answers: [] }
const NAME = /^sp[0-9a-f]+n(\d{3})\.(?:([0-9a-z-]+)\.)?([a-z]+)\.example$/

interface Asked {
  readonly name: string
  readonly type: string
  readonly marker: string
  readonly zone: Zone
  /** Where the zone's names of this marker lead. */
  readonly honest: Pair
  readonly closed: Pair
  readonly secret: Pair
  /** How often this name and type have been asked before. */
  readonly before: number
}

type Trick = (asked: Asked, argument: string) => UpstreamAnswer

/** By the first word of the label; what follows it is the argument. */
const TRICKS: Readonly<Record<string, Trick>> = {
  /** "a-0a630001": that address. */
  a: (asked, hex) => ({ answers: asked.type === 'A' ? [named(asked, addressIn(hex, 4))] : [] }),
  /** "aaaa-<32 digits>" */
  aaaa: (asked, hex) => ({ answers: asked.type === 'AAAA' ? [named(asked, addressIn(hex, 6))] : [] }),
  /** "cname-denied": an alias of the marker's name in that zone, with the addresses of that zone. */
  cname: (asked, zone) => alias(asked, `${asked.marker}.${zone}.example`, asked.closed),
  /** "alias-0a630001": an alias of a denied name that leads to that address. */
  alias: (asked, hex) => {
    const target = `${asked.marker}.denied.example`
    return asked.type === 'A'
      ? { answers: [cnameOf(asked, target), { name: target, ttl: TTL_SECONDS, type: 'A', address: addressIn(hex, 4) }] }
      : { answers: [cnameOf(asked, target)] }
  },
  /** Records of an owner that nobody asked for, in the answer. */
  stray: (asked) => ({ answers: [...honestly(asked), ...records(`${asked.marker}.denied.example`, asked.type, asked.closed)] }),
  /** The same among the additional records, under the very name. */
  extra: (asked) => ({ answers: honestly(asked), additionals: records(asked.name, asked.type, asked.closed) }),
  /** A public and a special-purpose address in one RRset. */
  both: (asked) => ({ answers: [...honestly(asked), ...records(asked.name, asked.type, asked.secret)] }),
  /** Public the first time, special-purpose ever after, with a TTL of 0. */
  flip: (asked) => ({ answers: records(asked.name, asked.type, asked.before === 0 ? asked.honest : asked.secret, 0) }),
  /** A chain of two aliases that ends at a denied name. */
  chain: (asked) => {
    const middle = `${asked.marker}.middle.denied.example`
    const rest = alias({ ...asked, name: middle }, `${asked.marker}.denied.example`, asked.closed)
    return { answers: [cnameOf(asked, middle), ...rest.answers] }
  },
  /** An alias, and the address of another name than its target. */
  broken: (asked) => ({
    answers: [cnameOf(asked, `${asked.marker}.x.denied.example`), ...records(`${asked.marker}.y.denied.example`, asked.type, asked.closed)],
  }),
  /** The name is below a DNAME that leads to the denied zone: "alone" without the CNAME that it makes, "forged" with another (RFC 6672 section 3.1). */
  dname: (asked, way) => {
    const { name, marker, type, closed } = asked
    const dname = { name: name.slice(marker.length + 1), ttl: TTL_SECONDS, type: DNAME, rdata: wireName('denied.example') }
    const forged = way === 'forged' ? [cnameOf(asked, `${marker}.x.denied.example`)] : []
    return { answers: [dname, ...forged, ...records(`${marker}.denied.example`, type, closed)] }
  },
  /** An HTTPS record with hints at addresses (RFC 9460 section 7.3), as the answer and beside others. */
  hint: (asked) => ({ answers: [...honestly(asked), hintOf(asked)], additionals: [hintOf(asked)] }),
}

/** A script for the upstream of one run. */
export function createAnswers(token: string): Script {
  const times = new Map<string, number>()
  return (name, type) => {
    const found = NAME.exec(name)
    const zone = found?.[3] as Zone
    if (found === null || !(zone in ZONES)) return NOTHING
    const key = `${name} ${type}`
    const before = times.get(key) ?? 0
    times.set(key, before + 1)
    const share = shareOf(token, Number(found[1]))
    const { marker, closed, private: secret } = share
    const asked = { name, type, marker, zone, honest: share[ZONES[zone]], closed, secret, before }
    return found[2] === undefined ? { answers: honestly(asked) } : tricked(asked, found[2])
  }
}

function tricked(asked: Asked, label: string): UpstreamAnswer {
  const [trick = '', ...rest] = label.split('-')
  return TRICKS[trick]?.(asked, rest.join('-')) ?? { answers: honestly(asked) }
}

function honestly({ name, type, honest }: Asked): readonly UpstreamRecord[] {
  return records(name, type, honest)
}

function records(name: string, type: string, pair: Pair, ttl = TTL_SECONDS): readonly UpstreamRecord[] {
  if (type !== 'A' && type !== 'AAAA') return []
  return [{ name, ttl, type, address: pair[type === 'A' ? 4 : 6] }]
}

function alias(asked: Asked, target: string, pair: Pair): UpstreamAnswer {
  return { answers: [cnameOf(asked, target), ...records(target, asked.type, pair)] }
}

function cnameOf({ name }: Asked, domain: string): UpstreamRecord {
  return { name, ttl: TTL_SECONDS, type: 'CNAME', domain }
}

/** Priority 1, the owner as its own target, and `ipv4hint` (4) and `ipv6hint` (6). */
function hintOf({ name, closed }: Asked): UpstreamRecord {
  const [ipv4, ipv6] = [octetsOf(closed[4]), octetsOf(closed[6])]
  return { name, ttl: TTL_SECONDS, type: HTTPS, rdata: Buffer.from([0, 1, 0, 0, 4, 0, 4, ...ipv4, 0, 6, 0, 16, ...ipv6]) }
}

function wireName(name: string): Buffer {
  return Buffer.from([...name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0])
}

function named({ name, type }: Asked, address: string): UpstreamRecord {
  return { name, ttl: TTL_SECONDS, type: type as 'A' | 'AAAA', address }
}

function addressIn(hex: string, family: 4 | 6): string {
  return decodeAddress(Buffer.from(hex.padStart(family === 4 ? 8 : 32, '0'), 'hex'), 0, family)
}
