// The name entries of one file. They are kept as numbers, and become values when somebody asks for one: of a hundred thousand entries few
// ever speak, and as values they would be most of what the collector has to copy and to trace (bench: rules).

import type { Name } from '../dns/name.ts'
import { type Expected, type NameList, NameTable } from './name-table.ts'
import { Numbers } from './numbers.ts'
import type { NameRule } from './rule.ts'

/** What an entry says about its name. Entries that say it in the same words share one. */
export interface Terms extends Omit<NameRule, 'name' | 'place' | 'text'> {
  /** The words behind the name. */
  readonly options: string
}

/** A name in canonical form, or "*." and a name, as octets. */
export interface Pattern {
  readonly octets: Uint8Array
  readonly from: number
  readonly to: number
}

const NOTHING: Expected = { names: 0, octets: 0 }
const WILDCARD_OCTETS = '*.'.length

interface Columns {
  readonly file: string
  readonly patterns: NameList
  /** For each entry the number of its pattern, of its terms, and its line. */
  readonly patternOf: Numbers
  readonly termsOf: Numbers
  readonly lines: Numbers
  readonly terms: readonly Terms[]
  /** By entry, the first word where it is not the pattern itself. */
  readonly spellings: ReadonlyMap<number, string>
}

export class NameRules implements Iterable<NameRule> {
  readonly #columns: Columns
  /** The same value each time. */
  readonly #known = new Map<number, NameRule>()

  constructor(columns: Columns) {
    this.#columns = columns
  }

  get length(): number {
    return this.#columns.lines.length
  }

  /** All that occur, each once. */
  get terms(): readonly Terms[] {
    return this.#columns.terms
  }

  termsAt(index: number): Terms {
    return this.#columns.terms[this.#columns.termsOf.at(index)]!
  }

  /** "example.org", "*.example.org". */
  patternAt(index: number): string {
    return this.#columns.patterns.at(this.#columns.patternOf.at(index))
  }

  at(index: number): NameRule {
    const known = this.#known.get(index) ?? this.#make(index)
    this.#known.set(index, known)
    return known
  }

  *[Symbol.iterator](): Generator<NameRule> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }

  /** Of all patterns together. */
  get octetCount(): number {
    return this.#columns.patterns.octetCount
  }

  /** What `patternAt` says, as octets. */
  patternOctets(index: number): Pattern {
    const { patterns, patternOf } = this.#columns
    const pattern = patternOf.at(index)
    return { octets: patterns.octets, from: patterns.startOf(pattern), to: patterns.endOf(pattern) }
  }

  /** Adds the name of an entry to a table. Returns its number there. */
  addName(index: number, table: NameTable): number {
    const { octets, from, to } = this.patternOctets(index)
    return table.add(octets, this.termsAt(index).wildcard ? from + WILDCARD_OCTETS : from, to)
  }

  #make(index: number): NameRule {
    const { file, lines, spellings } = this.#columns
    const { options, ...terms } = this.termsAt(index)
    const pattern = this.patternAt(index)
    const subject = spellings.get(index) ?? (terms.kind === 'deny' ? `!${pattern}` : pattern)
    return {
      ...terms,
      name: (terms.wildcard ? pattern.slice(WILDCARD_OCTETS) : pattern) as Name,
      place: { file, line: lines.at(index) },
      text: options === '' ? subject : `${subject} ${options}`,
    }
  }
}

/** Takes the entries of a file one by one. */
export class NameRulesBuilder {
  readonly rules: NameRules
  readonly #patterns: NameTable
  readonly #columns
  /** For each pattern its first entry. */
  readonly #firstOf: Numbers

  constructor(file: string, expected: Expected = NOTHING) {
    const column = () => new Numbers(expected.names)
    this.#patterns = new NameTable(expected)
    this.#firstOf = column()
    this.#columns = {
      file,
      patterns: this.#patterns.list,
      ...{ patternOf: column(), termsOf: column(), lines: column() },
      ...{ terms: [] as Terms[], spellings: new Map<number, string>() },
    }
    this.rules = new NameRules(this.#columns)
  }

  /** Returns the number of the terms, for `add`. */
  addTerms(terms: Terms): number {
    return this.#columns.terms.push(terms) - 1
  }

  /** `word`: what stands in the file, where it is not the pattern itself. Returns the first entry of this pattern, if that is another one. */
  add({ octets, from, to }: Pattern, terms: number, line: number, word?: string): number | undefined {
    const { patternOf, termsOf, lines, spellings } = this.#columns
    const index = lines.length
    const pattern = this.#patterns.add(octets, from, to)
    patternOf.push(pattern)
    termsOf.push(terms)
    lines.push(line)
    if (word !== undefined) spellings.set(index, word)
    if (pattern < this.#firstOf.length) return this.#firstOf.at(pattern)
    this.#firstOf.push(index)
    return undefined
  }
}
