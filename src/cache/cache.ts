// Answers by question, as upstream gave them: before any screening, for every client. The clock is an argument.

import type { Answer, Question } from '../dns/answer.ts'
import type { Explanation } from '../dns/explanation.ts'
import type { Name } from '../dns/name.ts'
import { Kept, type Ring } from './ring.ts'

/** Upstream gave no answer that can be used (RFC 9520). */
export interface Failure {
  readonly kind: 'failure'
  readonly ttlSeconds: number
  readonly explanation: Explanation
}

export type Outcome = Answer | Failure

export interface CachedOutcome {
  readonly outcome: Outcome
  /** Milliseconds; from then on it is no longer handed out. */
  readonly expiresAt: number
  /** From then on a hit is reason enough to ask anew; Infinity: none is. */
  readonly refreshAt: number
  /** Handed out beyond its time, because upstream has nothing newer. */
  readonly isStale: boolean
  /** For as long as it is cached, for whoever hands it out; what it means is theirs. */
  companion: unknown
}

export interface Cache {
  get(question: Question, now: number): CachedOutcome | undefined
  /** Returns what was put, with its end. A TTL of zero is not kept, and a longer one is cut to the limit. */
  put(question: Question, outcome: Outcome, now: number): CachedOutcome
  /** What was known and may be handed out once more: as it is while it lasts, for 30 s at a time when its time is over (RFC 8767). */
  revive(question: Question, now: number): CachedOutcome | undefined
  /** Is there something to revive that has expired? */
  hasStale(question: Question, now: number): boolean
  clear(): void
  readonly size: number
}

export interface CacheOptions {
  readonly ring: Ring
  /** No TTL is kept, and so none handed out, above this. */
  readonly maxTtlSeconds: number
  /** For how long beyond its TTL an answer may be revived; zero: never. */
  readonly staleSeconds: number
}

/** An object, its key, its map entry: measured at about this. */
const OVERHEAD_OCTETS = 600
const OCTETS_PER_RECORD = 120
/** The TTL of stale answers (RFC 8767 section 4). */
const STALE_TTL_MS = 30_000
/** A hit in the last tenth of a TTL shows that the name is in use; below so many seconds it is not worth the trouble. */
const REFRESH_PART = 0.1
const LEAST_REFRESHED_SECONDS = 10

type Names = Map<Name, Entry>

/** Values by question: a map by name for each type and DO, for a key of all of them would have to be made and hashed for every question. */
export class ByQuestion<Value> {
  readonly #variants = new Map<number, Map<Name, Value>>()

  /** Of the questions of that type and DO. */
  namesFor({ type, dnssecOk }: Question): Map<Name, Value> {
    const variant = variantOf(type, dnssecOk)
    const known = this.#variants.get(variant)
    if (known !== undefined) return known
    const names = new Map<Name, Value>()
    this.#variants.set(variant, names)
    return names
  }

  all(): Iterable<Map<Name, Value>> {
    return this.#variants.values()
  }
}

class Entry extends Kept implements CachedOutcome {
  readonly outcome: Outcome
  expiresAt: number
  refreshAt: number
  isStale = false
  companion: unknown = undefined
  /** When it is of no use any more. */
  readonly endsAt: number
  readonly #name: Name
  readonly #names: Names

  constructor(names: Names, name: Name, outcome: Outcome, now: number, limits: Omit<CacheOptions, 'ring'>) {
    super()
    this.#names = names
    this.#name = name
    this.outcome = outcome
    const ttlSeconds = Math.min(outcome.ttlSeconds, limits.maxTtlSeconds)
    const isAnswer = outcome.kind !== 'failure'
    this.expiresAt = now + ttlSeconds * 1000
    this.refreshAt =
      isAnswer && ttlSeconds >= LEAST_REFRESHED_SECONDS ? this.expiresAt - ttlSeconds * 1000 * REFRESH_PART : Number.POSITIVE_INFINITY
    this.endsAt = this.expiresAt + (isAnswer ? limits.staleSeconds * 1000 : 0)
  }

  revive(now: number): void {
    this.expiresAt = Math.min(now + STALE_TTL_MS, this.endsAt)
    this.refreshAt = Number.POSITIVE_INFINITY
    this.isStale = true
  }

  evict(): void {
    this.#names.delete(this.#name)
  }
}

export function createCache({ ring, ...limits }: CacheOptions): Cache {
  const entries = new ByQuestion<Entry>()

  function get(question: Question, now: number): CachedOutcome | undefined {
    const entry = find(question, now)
    if (entry === undefined || entry.expiresAt <= now) return undefined
    entry.visited = true
    return entry
  }

  function revive(question: Question, now: number): CachedOutcome | undefined {
    const entry = find(question, now)
    if (entry === undefined) return undefined
    entry.visited = true
    if (entry.expiresAt <= now) entry.revive(now)
    return entry
  }

  function find(question: Question, now: number): Entry | undefined {
    const entry = entries.namesFor(question).get(question.name)
    if (entry === undefined || entry.endsAt > now) return entry
    drop(entry)
    return undefined
  }

  function put(question: Question, outcome: Outcome, now: number): CachedOutcome {
    const names = entries.namesFor(question)
    const entry = new Entry(names, question.name, outcome, now, limits)
    const replaced = names.get(question.name)
    if (replaced !== undefined) drop(replaced)
    if (entry.expiresAt <= now) return entry
    names.set(question.name, entry)
    ring.add(entry, octetsOf(outcome))
    return entry
  }

  function drop(entry: Entry): void {
    ring.remove(entry)
    entry.evict()
  }

  return {
    get,
    put,
    revive,
    hasStale: (question, now) => (find(question, now)?.expiresAt ?? Number.POSITIVE_INFINITY) <= now,
    clear: () => {
      for (const names of entries.all()) for (const entry of names.values()) drop(entry)
    },
    get size() {
      let size = 0
      for (const names of entries.all()) size += names.size
      return size
    },
  }
}

/** The TTL of a reply: whole seconds, rounded up as one lasts until it has passed, never negative. */
export function remainingSeconds(expiresAt: number, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / 1000))
}

/** One number for type and DO: with DO an answer brings its signatures (RFC 4035 section 3.2.1), so it is another. */
export function variantOf(type: number, dnssecOk: boolean): number {
  return type * 2 + (dnssecOk ? 1 : 0)
}

function octetsOf(outcome: Outcome): number {
  if (outcome.kind === 'failure') return OVERHEAD_OCTETS
  return OVERHEAD_OCTETS + outcome.template.octets.length + outcome.template.answers * OCTETS_PER_RECORD
}
