// Answers by question, as upstream gave them: before any screening, for every client. The clock is an argument.

import type { Answer, Question } from '../dns/answer.ts'
import type { Explanation } from '../dns/explanation.ts'
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
}

export interface Cache {
  get(question: Question, now: number): CachedOutcome | undefined
  /** Returns what was put, with its end. A TTL of zero is not kept, and a longer one is cut to the limit. */
  put(question: Question, outcome: Outcome, now: number): CachedOutcome
  clear(): void
  readonly size: number
}

export interface CacheOptions {
  readonly ring: Ring
  /** No TTL is kept, and so none handed out, above this. */
  readonly maxTtlSeconds: number
}

/** An object, its key, its map entry: measured at about this. */
const OVERHEAD_OCTETS = 600
const OCTETS_PER_RECORD = 120

class Entry extends Kept implements CachedOutcome {
  readonly outcome: Outcome
  readonly expiresAt: number
  readonly #key: string
  readonly #entries: Map<string, Entry>

  constructor(entries: Map<string, Entry>, key: string, outcome: Outcome, expiresAt: number) {
    super()
    this.#entries = entries
    this.#key = key
    this.outcome = outcome
    this.expiresAt = expiresAt
  }

  evict(): void {
    this.#entries.delete(this.#key)
  }
}

export function createCache({ ring, maxTtlSeconds }: CacheOptions): Cache {
  const entries = new Map<string, Entry>()

  function get(question: Question, now: number): CachedOutcome | undefined {
    const key = questionKey(question)
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entry.visited = true
    if (entry.expiresAt > now) return entry
    drop(entry)
    return undefined
  }

  function put(question: Question, outcome: Outcome, now: number): CachedOutcome {
    const key = questionKey(question)
    const entry = new Entry(entries, key, outcome, now + Math.min(outcome.ttlSeconds, maxTtlSeconds) * 1000)
    const replaced = entries.get(key)
    if (replaced !== undefined) drop(replaced)
    if (entry.expiresAt <= now) return entry
    entries.set(key, entry)
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
    clear: () => {
      for (const entry of entries.values()) drop(entry)
    },
    get size() {
      return entries.size
    },
  }
}

/** The TTL of a reply: whole seconds, rounded up as one lasts until it has passed, never negative. */
export function remainingSeconds(expiresAt: number, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / 1000))
}

/** DO and CD change what upstream says, so each has answers of its own (RFC 4035 section 4.7). */
export function questionKey({ name, type, dnssecOk, checkingDisabled }: Question): string {
  return `${variantOf(type, dnssecOk, checkingDisabled)} ${name}`
}

/** One number for type, DO and CD. */
export function variantOf(type: number, dnssecOk: boolean, checkingDisabled: boolean): number {
  return type * 4 + (dnssecOk ? 2 : 0) + (checkingDisabled ? 1 : 0)
}

function octetsOf(outcome: Outcome): number {
  if (outcome.kind === 'failure') return OVERHEAD_OCTETS
  return OVERHEAD_OCTETS + outcome.message.length + outcome.template.octets.length + outcome.records.length * OCTETS_PER_RECORD
}
