// What clients asked for, added up from the records of the resolver.

import type { Decided, JournalRecord, RuleRef } from '../journal/record.ts'

/** One client's questions for one name, all types. */
export interface Lookup {
  readonly client: string
  readonly name: string
  first: number
  last: number
  count: number
  verdict: Decided['verdict']
  reason: string | undefined
  rules: readonly RuleRef[]
  /** Types that were answered, and those that the name was not asked for in vain. */
  readonly types: Set<string>
  readonly addresses: Set<string>
  /** Numbers of the runs that asked. */
  readonly runs: Set<number>
}

type Asked = Extract<JournalRecord, { readonly event: 'decision' | 'asked' }>

/** How long lists of addresses get: a CDN rotates through thousands. */
const MOST_ADDRESSES = 64

export function createLookup(client: string, { name, verdict, reason, rules }: Asked, time: number): Lookup {
  return {
    client,
    name,
    first: time,
    last: time,
    count: 0,
    verdict,
    reason,
    rules,
    ...{ types: new Set(), addresses: new Set(), runs: new Set() },
  }
}

/** The last verdict counts; that a type was refused says nothing against the name. */
export function addAsked(lookup: Lookup, asked: Asked, time: number, run: number): void {
  lookup.runs.add(run)
  lookup.count += asked.event === 'asked' ? asked.count : 1
  lookup.last = Math.max(lookup.last, time)
  if (asked.event === 'decision') for (const address of asked.addresses) addBounded(lookup.addresses, address)
  if (asked.verdict !== 'deny') lookup.types.add(asked.type)
  if (asked.reason === 'type' && lookup.types.size > 0) return
  lookup.verdict = asked.verdict
  lookup.reason = asked.reason
  lookup.rules = asked.rules
}

export function addBounded(addresses: Set<string>, address: string): void {
  if (addresses.size < MOST_ADDRESSES) addresses.add(address)
}
