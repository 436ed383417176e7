// One entry of a zone file: "name-or-prefix ports… options…".

import { parseType, TYPE, typeName } from '../dns/vocabulary.ts'
import { mergePorts, type PortRange, parsePortRange } from '../net/port.ts'
import { formatPrefix, isInside, isSingleAddress, type Prefix, PrefixError, parsePrefix } from '../net/prefix.ts'
import { embeddedAddress, isSpecialPurpose } from '../net/special.ts'
import type { NameRule, PrefixRule, Tier } from '../policy/rule.ts'
import { formatPattern, type NamePattern } from './name-text.ts'
import { ZoneSyntaxError } from './problem.ts'
import { wildcardDanger } from './suffix.ts'

/** What an entry says about its subject, whatever that is. */
export type EntryTerms = Pick<NameRule, 'kind' | 'ports' | 'private' | 'until' | 'types'>

interface Options {
  ports: PortRange[]
  types: number[]
  private: boolean
  until: number | undefined
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DAY_MS = 86_400_000
/** IPv4-mapped addresses (RFC 4291 section 2.5.5.2). */
const MAPPED = parsePrefix('::ffff:0:0/96')!
/** Never passed on: they carry keys and address hints (RFC 9460), or are no records at all (RFC 6895 section 3.1). */
const NOT_GRANTED: ReadonlySet<number> = new Set([TYPE.HTTPS, TYPE.SVCB, TYPE.OPT])

/** The first word of an entry, without the sign that makes it a deny. Throws ZoneSyntaxError. */
export function parseSubject(word: string): { readonly isDeny: boolean; readonly written: string } {
  const isDeny = word.startsWith('!')
  const written = isDeny ? word.slice(1) : word
  if (written === '') throw new ZoneSyntaxError('"!" is followed at once by the name or prefix to deny')
  return { isDeny, written }
}

/** Parses the words behind the first. Throws ZoneSyntaxError. */
export function parseTerms(isDeny: boolean, words: readonly string[], defaultPorts: readonly PortRange[]): EntryTerms {
  const options = parseOptions(words)
  if (isDeny) refuseGrants(options)
  return {
    kind: isDeny ? 'deny' : 'allow',
    ports: isDeny ? [] : mergePorts(options.ports.length > 0 ? options.ports : defaultPorts),
    private: options.private,
    until: options.until,
    types: options.types,
  }
}

/** The prefix that the word writes; undefined: it is no address at all. Throws ZoneSyntaxError. */
export function readPrefix(text: string): Prefix | undefined {
  try {
    const prefix = parsePrefix(text)
    if (prefix !== undefined && isInside(prefix, MAPPED)) refuseMapped(text, prefix)
    return prefix
  } catch (error) {
    if (error instanceof PrefixError) throw new ZoneSyntaxError(error.message, { cause: error })
    throw error
  }
}

/** What is sent to such an address leaves as IPv4, so it would say nothing about any packet. */
function refuseMapped(text: string, { address, length }: Prefix): never {
  const ipv4 = { family: 4, address: embeddedAddress(address)!, length: length - MAPPED.length } as const
  throw new ZoneSyntaxError(`${JSON.stringify(text)} is IPv4: write ${formatPrefix(ipv4)}`)
}

/** Ports of entries that name none: words of `$PORTS`. */
export function parsePorts(words: readonly string[]): readonly PortRange[] {
  return mergePorts(words.map(parsePort))
}

function parseOptions(words: readonly string[]): Options {
  const options: Options = { ports: [], types: [], private: false, until: undefined }
  for (const word of words) applyOption(options, word)
  return options
}

function applyOption(options: Options, word: string): void {
  if (word === 'private') options.private = true
  else if (word.startsWith('until=')) options.until = onceOnly(options.until, endOfDay(word.slice('until='.length)))
  else if (word.startsWith('types=')) options.types.push(...parseTypes(word.slice('types='.length)))
  else options.ports.push(parsePort(word))
}

function onceOnly(former: number | undefined, end: number): number {
  if (former !== undefined) throw new ZoneSyntaxError('until= stands twice in this entry')
  return end
}

function refuseGrants({ ports, types, private: isPrivate }: Options): void {
  if (ports.length > 0) throw new ZoneSyntaxError('a deny entry takes no ports: it denies the name or prefix whole')
  if (types.length > 0 || isPrivate) throw new ZoneSyntaxError('a deny entry takes neither types= nor private')
}

function parsePort(word: string): PortRange {
  const range = parsePortRange(word)
  if (range !== undefined) return range
  const number = word.replace(/^(?:tcp|udp)\//, '')
  if (/^[\d-]+$/.test(number)) throw new ZoneSyntaxError(`port ${JSON.stringify(word)} is not a number from 1 to 65535, or a range of them`)
  throw new ZoneSyntaxError(
    `${JSON.stringify(word)} is not a port (tcp/443, udp/53, 8000-8100, any), "private", until=YYYY-MM-DD or types=TYPE,…`,
  )
}

/** The first millisecond after that day, UTC: the day itself is included. */
function endOfDay(text: string): number {
  const match = DATE.exec(text)
  const start = match === null ? Number.NaN : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  // Date.UTC takes the 30th of February for the 2nd of March.
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== text) {
    throw new ZoneSyntaxError(`until=${text} is not a day, as in until=2027-03-01`)
  }
  return start + DAY_MS
}

function parseTypes(text: string): readonly number[] {
  return text.split(',').map((word) => {
    const type = parseType(word.toUpperCase())
    if (type === undefined) throw new ZoneSyntaxError(`${JSON.stringify(word)} is not a record type`)
    if (NOT_GRANTED.has(type) || (type >= 128 && type <= 255)) throw new ZoneSyntaxError(`type ${typeName(type)} cannot be allowed`)
    return type
  })
}

/** What is dangerous about a wildcard that allows: an error in `app`; in `base` whoever owns the tier is only told. */
export function judgeWildcard(pattern: NamePattern, tier: Tier): string | undefined {
  const danger = pattern.wildcard ? wildcardDanger(pattern.name) : undefined
  if (danger === undefined) return undefined
  const message = `${formatPattern(pattern)} is too wide: ${danger}`
  if (tier === 'app') throw new ZoneSyntaxError(message)
  return message
}

/** What keeps an entry about addresses from doing what it seems to say. */
export function warnPrefix({ kind, prefix, private: isPrivate }: PrefixRule): string | undefined {
  if (kind === 'deny' || isPrivate || !isSpecialPurpose(prefix.address)) return undefined
  return `${isSingleAddress(prefix) ? 'the address is' : 'the prefix begins with'} special-purpose addresses, which open with "private" only`
}
