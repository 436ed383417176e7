import type { Family } from '../net/address.ts'
import { parsePrefix, prefixRange } from '../net/prefix.ts'
import { METADATA_ADDRESSES, rangesLeadingInto, SPECIAL_PREFIXES } from '../net/special.ts'
import { compareValues, cutRange, uniteRanges } from './range.ts'
import { isInForce } from './rule.ts'
import { prefixRulesOf, type ValueRange, type View } from './view.ts'

const SCREENED = [...SPECIAL_PREFIXES, ...METADATA_ADDRESSES.map((address) => parsePrefix(address)!)]
const SCREENED_RANGES = {
  4: SCREENED.flatMap((prefix) => rangesLeadingInto(prefix, 4)),
  6: SCREENED.flatMap((prefix) => rangesLeadingInto(prefix, 6)),
}

/** What static allow entries of the view cover, in ascending pieces throughout which `decideAddress` says the same. */
export function destinationPieces(view: View, family: Family, now: number): readonly ValueRange[] {
  const rules = prefixRulesOf(view).filter((rule) => isInForce(rule, now))
  const allowed = rules.filter(({ kind, prefix }) => kind === 'allow' && prefix.family === family).map(({ prefix }) => prefixRange(prefix))
  if (allowed.length === 0) return []
  const borders = rules.flatMap(({ prefix }) => rangesLeadingInto(prefix, family))
  return cutEach(uniteRanges(allowed), [...borders, ...SCREENED_RANGES[family], ...view.neverOpen[family]])
}

/** `wholes` are ascending and disjoint; the borders are sorted once, so that thousands of both stay cheap. */
function cutEach(wholes: readonly ValueRange[], borders: readonly ValueRange[]): readonly ValueRange[] {
  const starts = borders.flatMap(({ first, last }) => [first, last + 1n]).sort(compareValues)
  let next = 0
  return wholes.flatMap((whole) => {
    while (next < starts.length && starts[next]! < whole.first) next++
    const from = next
    while (next < starts.length && starts[next]! <= whole.last) next++
    return cutRange(
      whole,
      starts.slice(from, next).map((start) => ({ first: start, last: whole.last })),
    )
  })
}
