// Arithmetic of ranges of address values. A policy may have a hundred thousand of them, so what looks at all is written as steps.

import { ENTRIES_A_STEP, runToEnd, type Steps } from './steps.ts'
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
  return runToEnd(uniteSteps(ranges))
}

export function* uniteSteps(ranges: readonly ValueRange[]): Steps<readonly ValueRange[]> {
  const united: { first: bigint; last: bigint }[] = []
  for (const [index, range] of (yield* sortSteps(ranges, (a, b) => compareValues(a.first, b.first))).entries()) {
    const previous = united.at(-1)
    if (previous === undefined || range.first > previous.last + 1n) united.push({ ...range })
    else if (range.last > previous.last) previous.last = range.last
    if (index % ENTRIES_A_STEP === 0) yield
  }
  return united
}

/** Joins things of the same key whose ranges touch. They come in ascending order of range, and are disjoint for each key. */
export function mergeAdjacent<T>(...merging: Parameters<typeof mergeSteps<T>>): readonly T[] {
  return runToEnd(mergeSteps(...merging))
}

export function* mergeSteps<T>(
  things: readonly T[],
  rangeOf: (thing: T) => ValueRange,
  keyOf: (thing: T) => string,
  withRange: (thing: T, range: ValueRange) => T,
): Steps<readonly T[]> {
  const merged: T[] = []
  const latest = new Map<string, number>()
  for (const [position, thing] of things.entries()) {
    if (position % ENTRIES_A_STEP === 0) yield
    const key = keyOf(thing)
    const { first, last } = rangeOf(thing)
    const index = latest.get(key)
    const previous = index === undefined ? undefined : rangeOf(merged[index]!)
    if (previous !== undefined && previous.last + 1n === first) merged[index!] = withRange(thing, { first: previous.first, last })
    else latest.set(key, merged.push(thing) - 1)
  }
  return merged
}

/** Sorted, equal ones in their order: pieces that are short enough for a step, and then ever longer ones put together. */
export function* sortSteps<T>(things: readonly T[], compare: (one: T, other: T) => number): Steps<readonly T[]> {
  let pieces: (readonly T[])[] = []
  for (let from = 0; from < things.length; from += ENTRIES_A_STEP) {
    pieces.push(things.slice(from, from + ENTRIES_A_STEP).sort(compare))
    yield
  }
  while (pieces.length > 1) {
    const longer: (readonly T[])[] = []
    for (let at = 0; at < pieces.length; at += 2) longer.push(yield* zipSteps(pieces[at]!, pieces[at + 1] ?? [], compare))
    pieces = longer
  }
  return pieces[0] ?? []
}

function* zipSteps<T>(one: readonly T[], other: readonly T[], compare: (one: T, other: T) => number): Steps<readonly T[]> {
  const sorted: T[] = []
  let [left, right] = [0, 0]
  while (left < one.length || right < other.length) {
    const isLeft = right === other.length || (left < one.length && compare(one[left]!, other[right]!) <= 0)
    sorted.push(isLeft ? one[left++]! : other[right++]!)
    if (sorted.length % ENTRIES_A_STEP === 0) yield
  }
  return sorted
}

export function compareValues(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
