// From what the resolver counts to records: each distinct decision when it is first seen, and once a minute how often it was asked for.

import { showName } from '../dns/name.ts'
import { TYPE, typeName } from '../dns/vocabulary.ts'
import { permitsType } from '../policy/decide.ts'
import type { Rule } from '../policy/rule.ts'
import type { Deny } from '../policy/verdict.ts'
import type { Tallies, Tally } from '../resolver/tally.ts'
import type { Decided, RuleRef } from './record.ts'
import type { Journal } from './writer.ts'

export interface DecisionOptions {
  readonly tallies: Tallies
  readonly journal: Pick<Journal, 'write'>
  /** Of the policy that the tallies were counted under. */
  revision(): string
}

export interface DecisionRecorder {
  /** To be called when the policy is about to change, and at the end: writes all that was counted under the old one. */
  flush(): void
  close(): void
}

/** Often, so that there is little to write at a time: nobody is answered meanwhile. */
const LOOK_MS = 200
const LOOKS_A_MINUTE = 300
/** An answer may take that long, four seconds; then the decision is written without addresses. */
const MOST_LOOKS = 20

export function recordDecisions(options: DecisionOptions): DecisionRecorder {
  const { tallies, journal } = options
  let looks = 0
  let looked = 0
  let awaited = new Map<Tally, number>()

  /** New ones are written as soon as their addresses are known. */
  function look(isLast = false): void {
    const { asked } = tallies
    for (; looked < asked.length; looked++) if (!asked[looked]!.isKnown) awaited.set(asked[looked]!, 0)
    const still = new Map<Tally, number>()
    for (const [tally, times] of awaited) {
      if (!isLast && times < MOST_LOOKS && lacksAddresses(tally)) still.set(tally, times + 1)
      else writeDecision(tally)
    }
    awaited = still
  }

  function writeDecision(tally: Tally): void {
    tally.isKnown = true
    tally.written = 1
    journal.write({ event: 'decision', ...decidedBy(tally), addresses: addressesOf(tally) })
  }

  function flush(): void {
    looks = 0
    look(true)
    const { unlisted } = tallies
    for (const tally of tallies.takeAsked()) writeCount(tally)
    looked = 0
    if (unlisted > 0) journal.write({ event: 'unlisted', questions: unlisted })
  }

  function writeCount(tally: Tally): void {
    const count = tally.count - tally.written
    tally.count = 0
    tally.written = 0
    if (count > 0) journal.write({ event: 'asked', ...decidedBy(tally), count })
  }

  function decidedBy({ client, type, judgement, isOverBudget }: Tally): Decided {
    const { verdict, reason, rules } = verdictOn(judgement.verdict, type, isOverBudget)
    const name = showName(judgement.name)
    return { client: client.id, name, type: typeName(type), verdict, reason, rules: refsOf(rules), revision: options.revision() }
  }

  const timer = setInterval(() => {
    looks++
    if (looks >= LOOKS_A_MINUTE) flush()
    else look()
  }, LOOK_MS).unref()
  return {
    flush,
    close: () => {
      clearInterval(timer)
      flush()
    },
  }
}

interface Decision extends Pick<Decided, 'verdict' | 'reason'> {
  readonly rules: readonly Rule[]
}

function verdictOn(verdict: Tally['judgement']['verdict'], type: number, isOverBudget: boolean): Decision {
  if (verdict.kind === 'deny') return { verdict: 'deny', reason: verdict.reason, rules: rulesOf(verdict) }
  if (isOverBudget) return { verdict: 'deny', reason: 'budget', rules: verdict.rules }
  if (!permitsType(verdict, type)) return { verdict: 'deny', reason: 'type', rules: verdict.rules }
  if (verdict.audited === undefined) return { verdict: 'allow', reason: undefined, rules: verdict.rules }
  return { verdict: 'audit', reason: verdict.audited.reason, rules: rulesOf(verdict.audited) }
}

function rulesOf({ rule }: Deny): readonly Rule[] {
  return rule === undefined ? [] : [rule]
}

function refsOf(rules: readonly Rule[]): readonly RuleRef[] {
  return rules.map(({ place }) => place)
}

function addressesOf({ judgement, type, isOverBudget }: Tally): readonly string[] {
  return isOverBudget ? [] : judgement.addressesOf(type)
}

function lacksAddresses(tally: Tally): boolean {
  const { judgement, type, isOverBudget } = tally
  if (isOverBudget) return false
  return (type === TYPE.A || type === TYPE.AAAA) && judgement.verdict.kind === 'allow' && addressesOf(tally).length === 0
}
