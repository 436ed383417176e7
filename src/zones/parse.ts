// Text of a zone file → its rules, each with file and line, and everything that is wrong with it at once.

import { createHash } from 'node:crypto'
import { type PortRange, parsePortRange } from '../net/port.ts'
import { formatPrefix, type Prefix } from '../net/prefix.ts'
import { NameRulesBuilder, type Pattern } from '../policy/name-rules.ts'
import type { DirectiveLines, NameRule, PrefixRule, Tier, ZoneFile } from '../policy/rule.ts'
import { whyInVain } from '../policy/special-use.ts'
import { ENTRIES_A_STEP, runToEnd, type Steps } from '../policy/steps.ts'
import { applyDirective, type Directives } from './directive.ts'
import { judgeWildcard, parseSubject, parseTerms, readPrefix, warnPrefix } from './entry.ts'
import { formatPattern, parsePattern } from './name-text.ts'
import { endOfLine, type PlainLine, readPlainLine } from './plain-line.ts'
import { type Problem, ZoneSyntaxError } from './problem.ts'

export { formatProblem, type Problem } from './problem.ts'

export interface ParseOptions {
  readonly file: string
  /** The tier that the folder decides; undefined: `$TIER` does. */
  readonly tier: Tier | undefined
}

export interface ParsedZone {
  /** Undefined when there are errors: a broken file never takes effect. */
  readonly zone: ZoneFile | undefined
  readonly problems: readonly Problem[]
}

/** Directives whose place is told when what they say does not do. */
const PLACED: Readonly<Record<string, keyof DirectiveLines>> = { $CLIENTS: 'clients', $MODE: 'mode' }
const DEFAULT_PORTS = [parsePortRange('tcp/443')!]
/** More than this is not read by anybody; the rest of the file is counted, not listed. */
const MOST_PROBLEMS = 100
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')
/** Shorter ones are rare. */
const OCTETS_A_LINE = 16

export function parseZone(text: string, options: ParseOptions): ParsedZone {
  const octets = Buffer.from(text)
  return runToEnd(parseSteps(octets, options, createHash('sha256').update(octets).digest('hex')))
}

/** The same in steps, from text in UTF-8. `digest`: SHA-256 of the octets, in hexadecimal. */
export function* parseSteps(octets: Buffer, options: ParseOptions, digest: string): Steps<ParsedZone> {
  const reading = new Reading(octets, options)
  let line = 0
  for (let start = hasByteOrderMark(octets) ? BYTE_ORDER_MARK.length : 0; start < octets.length; ) {
    const end = endOfLine(octets, start)
    reading.readLine(start, end, ++line)
    start = end + 1
    if (line % ENTRIES_A_STEP === 0) yield
  }
  return reading.finish(digest)
}

class Reading {
  readonly #octets: Buffer
  readonly #options: ParseOptions
  readonly #directives: Directives = { tier: undefined, clients: undefined, ports: undefined, audit: undefined }
  #lines: DirectiveLines = {}
  readonly #names: NameRulesBuilder
  /** Numbers of terms by the words that make them: of what allows a name, denies one, allows a wildcard, denies one. */
  readonly #terms = Array.from({ length: 4 }, () => new Map<string, number>())
  readonly #prefixes: PrefixRule[] = []
  readonly #problems: Problem[] = []
  /** Where each prefix stood first. */
  readonly #seen = new Map<string, PrefixRule>()
  readonly #plain: PlainLine = { isDeny: false, from: 0, to: 0, end: 0 }
  #errors = 0

  constructor(octets: Buffer, options: ParseOptions) {
    this.#octets = octets
    this.#options = options
    this.#names = new NameRulesBuilder(options.file, { names: Math.ceil(octets.length / OCTETS_A_LINE), octets: octets.length })
  }

  /** `start` and `end`: where it lies, its end mark left out. */
  readLine(start: number, end: number, line: number): void {
    try {
      if (readPlainLine(this.#octets, start, end, this.#plain)) return this.#readPlain(this.#plain, line)
      const words = wordsOf(this.#octets.toString('utf8', start, end))
      if (words.length === 0) return
      if (words[0]!.startsWith('$')) this.#readDirective(words, line)
      else this.#readEntry(words as [string, ...string[]], line)
    } catch (error) {
      if (!(error instanceof ZoneSyntaxError)) throw error
      this.#report(line, error.message, 'error')
    }
  }

  finish(digest: string): ParsedZone {
    const { file } = this.#options
    const unlisted = this.#errors - MOST_PROBLEMS
    if (unlisted > 0) this.#problems.push({ file, line: 0, message: `and ${unlisted} more errors`, severity: 'error' })
    const zone: ZoneFile = {
      file,
      tier: this.#tier,
      clients: this.#directives.clients,
      audit: this.#directives.audit ?? false,
      names: this.#names.rules,
      prefixes: this.#prefixes,
      digest,
      lines: this.#lines,
    }
    return { zone: this.#errors > 0 ? undefined : zone, problems: this.#problems }
  }

  get #tier(): Tier {
    return this.#options.tier ?? this.#directives.tier ?? 'app'
  }

  #readDirective(words: readonly string[], line: number): void {
    if (this.#names.rules.length + this.#prefixes.length > 0)
      throw new ZoneSyntaxError(`${words[0]} stands before the first entry or not at all`)
    applyDirective(words, this.#directives, this.#options.tier)
    const place = PLACED[words[0]!]
    if (place !== undefined) this.#lines = { ...this.#lines, [place]: line }
  }

  #readPlain({ isDeny, from, to, end }: PlainLine, line: number): void {
    const options = to === end ? '' : this.#octets.toString('latin1', to, end).trim()
    this.#addName({ octets: this.#octets, from, to }, this.#termsOf(isDeny, false, options), line)
  }

  #readEntry([first, ...words]: readonly [string, ...string[]], line: number): void {
    const { isDeny, written } = parseSubject(first)
    const prefix = readPrefix(written)
    if (prefix !== undefined) return this.#addPrefix(prefix, isDeny, [first, ...words], line)
    const pattern = parsePattern(written)
    const terms = this.#termsOf(isDeny, pattern.wildcard, words.join(' '))
    const danger = isDeny ? undefined : judgeWildcard(pattern, this.#tier)
    if (danger !== undefined) this.#report(line, danger, 'warning')
    const octets = Buffer.from(formatPattern(pattern), 'latin1')
    this.#addName({ octets, from: 0, to: octets.length }, terms, line, written === formatPattern(pattern) ? undefined : first)
  }

  /** The number of what those words say. */
  #termsOf(isDeny: boolean, wildcard: boolean, written: string): number {
    const known = this.#terms[Number(isDeny) + 2 * Number(wildcard)]!
    const number = known.get(written)
    if (number !== undefined) return number
    const words = wordsOf(written)
    const terms = parseTerms(isDeny, words, this.#defaultPorts)
    const added = this.#names.addTerms({ ...terms, wildcard, tier: this.#tier, options: words.join(' ') })
    known.set(written, added)
    return added
  }

  #addName(pattern: Pattern, terms: number, line: number, word?: string): void {
    const { rules } = this.#names
    const former = this.#names.add(pattern, terms, line, word)
    const why = whyInVain(pattern)
    if (why !== undefined) this.#warnInVain(rules.at(rules.length - 1), why)
    if (former !== undefined && this.#isListing) this.#warnOfRepetition(rules.at(former), rules.at(rules.length - 1))
  }

  #addPrefix(prefix: Prefix, isDeny: boolean, words: readonly string[], line: number): void {
    const { types, ...terms } = parseTerms(isDeny, words.slice(1), this.#defaultPorts)
    if (types.length > 0) throw new ZoneSyntaxError('types= goes with names, not with addresses')
    const rule = { ...terms, tier: this.#tier, place: { file: this.#options.file, line }, text: words.join(' '), prefix }
    const warning = warnPrefix(rule)
    if (warning !== undefined) this.#report(line, warning, 'warning')
    const key = formatPrefix(prefix)
    const former = this.#seen.get(key)
    if (former === undefined) this.#seen.set(key, rule)
    else this.#warnOfRepetition(former, rule)
    this.#prefixes.push(rule)
  }

  get #defaultPorts(): readonly PortRange[] {
    return this.#directives.ports ?? DEFAULT_PORTS
  }

  get #isListing(): boolean {
    return this.#problems.length < MOST_PROBLEMS
  }

  #warnInVain({ kind, place }: NameRule, why: string): void {
    if (kind === 'allow') this.#report(place.line, `allows nothing: ${why}; take the entry out`, 'warning')
  }

  #warnOfRepetition(former: NameRule | PrefixRule, rule: NameRule | PrefixRule): void {
    const key = 'prefix' in rule ? formatPrefix(rule.prefix) : formatPattern(rule)
    this.#report(rule.place.line, explainRepetition(key, former, rule), 'warning')
  }

  #report(line: number, message: string, severity: Problem['severity']): void {
    if (severity === 'error') this.#errors++
    if (this.#isListing) this.#problems.push({ file: this.#options.file, line, message, severity })
  }
}

function explainRepetition(key: string, former: NameRule | PrefixRule, rule: NameRule | PrefixRule): string {
  const { line } = former.place
  if (former.kind !== rule.kind) return `${key} is allowed and denied in this file (line ${line} is the other one); the deny wins`
  return rule.kind === 'deny' || former.text === rule.text
    ? `${key} stands on line ${line} already`
    : `${key} stands on line ${line} already; their ports add up`
}

const BLANK = /\s/

/** Words of a line, comment taken off. */
function wordsOf(line: string): readonly string[] {
  const comment = line.indexOf('#')
  const bare = (comment < 0 ? line : line.slice(0, comment)).trim()
  if (bare === '') return []
  return BLANK.test(bare) ? bare.split(/\s+/) : [bare]
}

function hasByteOrderMark(octets: Buffer): boolean {
  return octets.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
}
