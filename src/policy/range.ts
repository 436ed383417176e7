// Arithmetic of ranges of address values.

import type { ValueRange } from './view.ts'

/** Cuts `whole` wherever one of `borders` begins or ends; pieces in ascending order. Each lies entirely inside or outside of every border range. */
export function cutRange(whole: ValueRange, borders: readonly ValueRange[]): readonly ValueRange[] {
  const inside = (start: bigint) => start > whole.first && start <= whole.last
  const starts = new Set([whole.first, ...borders.flatMap(({ first, last }) => [first, last + 1n]).filter(inside)])
  const sorted = [...starts].sort(compareValues)
  return sorted.map((first, index) => ({ first, last: index + 1 < sorted.length ? sorted[index + 1]! - 1n : whole.last }))
}

/** The union of the ranges: ascending, disjoint, not adjacent. */
export function uniteRanges(ranges: readonly ValueRange[]): readonly ValueRange[] {
  const united: { first: bigint; last: bigint }[] = []
  for (const range of ranges.toSorted((a, b) => compareValues(a.first, b.first))) {
    const previous = united.at(-1)
    if (previous === undefined || range.first > previous.last + 1n) united.push({ ...range })
    else if (range.last > previous.last) previous.last = range.last
  }
  return united
}

/** Joins things of the same key whose ranges touch. They come in ascending order of range, and are disjoint for each key. */
export function mergeAdjacent<T>(
  things: readonly T[],
  rangeOf: (thing: T) => ValueRange,
  keyOf: (thing: T) => string,
  withRange: (thing: T, range: ValueRange) => T,
): readonly T[] {
  const merged: T[] = []
  const latest = new Map<string, number>()
  for (const thing of things) {
    const key = keyOf(thing)
    const { first, last } = rangeOf(thing)
    const index = latest.get(key)
    const previous = index === undefined ? undefined : rangeOf(merged[index]!)
    if (previous !== undefined && previous.last + 1n === first) merged[index!] = withRange(thing, { first: previous.first, last })
    else latest.set(key, merged.push(thing) - 1)
  }
  return merged
}

export function compareValues(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
