// One entry of a zone file: "name-or-prefix ports… options…".

import { parseType, TYPE, typeName } from '../dns/vocabulary.ts'
import { mergePorts, type PortRange, parsePortRange } from '../net/port.ts'
import { isSingleAddress, type Prefix, PrefixError, parsePrefix } from '../net/prefix.ts'
import { isSpecialPurpose } from '../net/special.ts'
import type { NameRule, Place, PrefixRule, Tier } from '../policy/rule.ts'
import { formatPattern, type NamePattern, parsePattern } from './name-text.ts'
import { ZoneSyntaxError } from './problem.ts'
import { wildcardDanger } from './suffix.ts'

/** What an entry takes from the file that it stands in. */
export interface EntryContext {
  readonly tier: Tier
  readonly place: Place
  readonly defaultPorts: readonly PortRange[]
}

export type Entry =
  | { readonly subject: 'name'; readonly rule: NameRule; readonly warning: string | undefined }
  | { readonly subject: 'prefix'; readonly rule: PrefixRule; readonly warning: string | undefined }

interface Options {
  ports: PortRange[]
  types: number[]
  private: boolean
  until: number | undefined
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DAY_MS = 86_400_000
/** Never passed on: they carry keys and address hints (RFC 9460), or are no records at all (RFC 6895 section 3.1). */
const NOT_GRANTED: ReadonlySet<number> = new Set([TYPE.HTTPS, TYPE.SVCB, TYPE.OPT])

/** Parses the words of a line, comment taken off. Throws ZoneSyntaxError. */
export function parseEntry(words: readonly string[], context: EntryContext): Entry {
  const [subject, ...rest] = words as [string, ...string[]]
  const isDeny = subject.startsWith('!')
  const written = isDeny ? subject.slice(1) : subject
  if (written === '') throw new ZoneSyntaxError('"!" is followed at once by the name or prefix to deny')
  const options = parseOptions(rest)
  if (isDeny) refuseGrants(options)
  const common = {
    kind: isDeny ? 'deny' : 'allow',
    ports: isDeny ? [] : mergePorts(options.ports.length > 0 ? options.ports : context.defaultPorts),
    private: options.private,
    until: options.until,
    tier: context.tier,
    place: context.place,
    text: words.join(' '),
  } as const
  const prefix = readPrefix(written)
  if (prefix !== undefined) {
    if (options.types.length > 0) throw new ZoneSyntaxError('types= goes with names, not with addresses')
    const rule = { ...common, prefix }
    return { subject: 'prefix', rule, warning: warnPrefix(rule) }
  }
  const pattern = parsePattern(written)
  return {
    subject: 'name',
    rule: { ...common, ...pattern, types: options.types },
    warning: isDeny ? undefined : judgeWildcard(pattern, context.tier),
  }
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
  else if (word.startsWith('until=')) options.until = endOfDay(word.slice('until='.length))
  else if (word.startsWith('types=')) options.types.push(...parseTypes(word.slice('types='.length)))
  else options.ports.push(parsePort(word))
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

function readPrefix(text: string): Prefix | undefined {
  try {
    return parsePrefix(text)
  } catch (error) {
    if (error instanceof PrefixError) throw new ZoneSyntaxError(error.message, { cause: error })
    throw error
  }
}

/** An error in `app`; in `base` whoever owns the tier is only told. */
function judgeWildcard(pattern: NamePattern, tier: Tier): string | undefined {
  const danger = pattern.wildcard ? wildcardDanger(pattern.name) : undefined
  if (danger === undefined) return undefined
  const message = `${formatPattern(pattern)} is too wide: ${danger}`
  if (tier === 'app') throw new ZoneSyntaxError(message)
  return message
}

function warnPrefix({ kind, prefix, private: isPrivate }: PrefixRule): string | undefined {
  if (kind === 'deny' || isPrivate || !isSpecialPurpose(prefix.address)) return undefined
  return `${isSingleAddress(prefix) ? 'the address is' : 'the prefix begins with'} special-purpose addresses, which open with "private" only`
}
