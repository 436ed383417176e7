/** So many at a time. What they come from may change between two slices. */
export function* slicesOf<Value>(values: Iterable<Value>, size: number): Generator<readonly Value[]> {
  let slice: Value[] = []
  for (const value of values) {
    slice.push(value)
    if (slice.length < size) continue
    yield slice
    slice = []
  }
  yield slice
}
