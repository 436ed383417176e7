// Work that is too long for one turn of the event loop, written once: as steps, after each of which others may have their turn.

/** Yields after each step, a millisecond of work at most, and returns the result. */
export type Steps<Result> = Generator<undefined, Result, undefined>

/** So many entries are a step. */
export const ENTRIES_A_STEP = 256

/** For whoever has nothing else to do meanwhile. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
