/** The value that `percent` of them do not exceed; `ascending` must not be empty. */
export function percentile(ascending: readonly number[], percent: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))]!
}

/** Undefined if there are none. */
export function median(values: readonly number[]): number | undefined {
  const ascending = values.toSorted((one, other) => one - other)
  const middle = ascending.length / 2
  if (ascending.length % 2) return ascending[Math.floor(middle)]
  return ascending.length === 0 ? undefined : (ascending[middle - 1]! + ascending[middle]!) / 2
}
