// Text of a zone file → its rules, each with file and line, and everything that is wrong with it at once.

import { createHash } from 'node:crypto'
import { parsePortRange } from '../net/port.ts'
import { formatPrefix } from '../net/prefix.ts'
import type { DirectiveLines, NameRule, PrefixRule, Tier, ZoneFile } from '../policy/rule.ts'
import { ENTRIES_A_STEP, runToEnd, type Steps } from '../policy/steps.ts'
import { applyDirective, type Directives } from './directive.ts'
import { type Entry, parseEntry } from './entry.ts'
import { formatPattern } from './name-text.ts'
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

export function parseZone(text: string, options: ParseOptions): ParsedZone {
  return runToEnd(parseSteps(text, options, createHash('sha256').update(text).digest('hex')))
}

/** The same in steps. `digest`: SHA-256 of the text, in hexadecimal. */
export function* parseSteps(text: string, options: ParseOptions, digest: string): Steps<ParsedZone> {
  const reading = new Reading(options)
  let line = 0
  for (const written of eachLine(text)) {
    line++
    reading.readLine(written, line)
    if (line % ENTRIES_A_STEP === 0) yield
  }
  return reading.finish(digest)
}

class Reading {
  readonly #options: ParseOptions
  readonly #directives: Directives = { tier: undefined, clients: undefined, ports: undefined, audit: undefined }
  #lines: DirectiveLines = {}
  readonly #names: NameRule[] = []
  readonly #prefixes: PrefixRule[] = []
  readonly #problems: Problem[] = []
  /** Where each name pattern or prefix stood first. */
  readonly #seen = new Map<string, NameRule | PrefixRule>()
  #errors = 0

  constructor(options: ParseOptions) {
    this.#options = options
  }

  readLine(written: string, line: number): void {
    const words = wordsOf(written)
    if (words.length === 0) return
    try {
      if (words[0]!.startsWith('$')) this.#readDirective(words, line)
      else this.#readEntry(words, line)
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
      names: this.#names,
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
    if (this.#seen.size > 0) throw new ZoneSyntaxError(`${words[0]} stands before the first entry or not at all`)
    applyDirective(words, this.#directives, this.#options.tier)
    const place = PLACED[words[0]!]
    if (place !== undefined) this.#lines = { ...this.#lines, [place]: line }
  }

  #readEntry(words: readonly string[], line: number): void {
    const place = { file: this.#options.file, line }
    const entry = parseEntry(words, { tier: this.#tier, place, defaultPorts: this.#directives.ports ?? DEFAULT_PORTS })
    if (entry.warning !== undefined) this.#report(line, entry.warning, 'warning')
    this.#noteRepetition(entry, line)
    if (entry.subject === 'name') this.#names.push(entry.rule)
    else this.#prefixes.push(entry.rule)
  }

  #noteRepetition({ subject, rule }: Entry, line: number): void {
    const key = subject === 'name' ? formatPattern(rule) : formatPrefix(rule.prefix)
    const former = this.#seen.get(key)
    if (former === undefined) this.#seen.set(key, rule)
    else this.#report(line, explainRepetition(key, former, rule), 'warning')
  }

  #report(line: number, message: string, severity: Problem['severity']): void {
    if (severity === 'error') this.#errors++
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ file: this.#options.file, line, message, severity })
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

/** Lines without their ends; one after the other, so that a large file is not held twice. */
function* eachLine(text: string): Generator<string> {
  let start = text.startsWith('\uFEFF') ? 1 : 0
  while (start < text.length) {
    const end = text.indexOf('\n', start)
    yield end < 0 ? text.slice(start) : text.slice(start, end)
    if (end < 0) return
    start = end + 1
  }
}
