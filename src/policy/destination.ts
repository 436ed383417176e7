import type { Family } from '../net/address.ts'
import { parsePrefix, prefixRange } from '../net/prefix.ts'
import { METADATA_ADDRESSES, rangesLeadingInto, SPECIAL_PREFIXES } from '../net/special.ts'
import { compareValues, cutRange, sortSteps, uniteSteps } from './range.ts'
import { isInForce } from './rule.ts'
import { ENTRIES_A_STEP, runToEnd, type Steps } from './steps.ts'
import { prefixRulesOf, type ValueRange, type View } from './view.ts'

const SCREENED = [...SPECIAL_PREFIXES, ...METADATA_ADDRESSES.map((address) => parsePrefix(address)!)]
const SCREENED_RANGES = {
  4: SCREENED.flatMap((prefix) => rangesLeadingInto(prefix, 4)),
  6: SCREENED.flatMap((prefix) => rangesLeadingInto(prefix, 6)),
}

/** What static allow entries of the view cover, in ascending pieces throughout which `decideAddress` says the same. */
export function destinationPieces(view: View, family: Family, now: number): readonly ValueRange[] {
  return runToEnd(destinationSteps(view, family, now))
}

export function* destinationSteps(view: View, family: Family, now: number): Steps<readonly ValueRange[]> {
  const allowed: ValueRange[] = []
  const starts = [...SCREENED_RANGES[family], ...view.neverOpen[family]].flatMap(startsOf)
  for (const [entry, rule] of prefixRulesOf(view).entries()) {
    if (entry % ENTRIES_A_STEP === 0) yield
    if (!isInForce(rule, now)) continue
    if (rule.kind === 'allow' && rule.prefix.family === family) allowed.push(prefixRange(rule.prefix))
    for (const range of rangesLeadingInto(rule.prefix, family)) starts.push(...startsOf(range))
  }
  return allowed.length === 0 ? [] : yield* cutSteps(yield* uniteSteps(allowed), yield* sortSteps(starts, compareValues))
}

/** Where something else may be said from there on. */
function startsOf({ first, last }: ValueRange): [bigint, bigint] {
  return [first, last + 1n]
}

/** `wholes` are ascending and disjoint, `starts` ascending, so that thousands of both stay cheap. */
function* cutSteps(wholes: readonly ValueRange[], starts: readonly bigint[]): Steps<readonly ValueRange[]> {
  const pieces: ValueRange[] = []
  let next = 0
  for (const [index, whole] of wholes.entries()) {
    while (next < starts.length && starts[next]! < whole.first) next++
    const from = next
    while (next < starts.length && starts[next]! <= whole.last) next++
    const within = starts.slice(from, next).map((start) => ({ first: start, last: whole.last }))
    pieces.push(...cutRange(whole, within))
    if (index % ENTRIES_A_STEP === 0) yield
  }
  return pieces
}
