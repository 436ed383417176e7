import type { Steps } from '../policy/steps.ts'

/** Longer than this, long work does not keep answers waiting. */
const LONGEST_MS = 2

/** Of a microsecond or so each. */
const STEPS_A_BREATH = 64

let since = 0
const waiting: (() => void)[] = []

/**
 * For long work in small steps: `await` it after each, and whoever else waits in this process goes first when a few milliseconds are over.
 * Those few are for all such work together: of several, each goes on in a turn of its own.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - since >= LONGEST_MS) await nextTurn()
}

/** The result of long work that is written as steps. */
export async function runBreathing<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await breathe()
  }
}

/** Each of many values, in small steps. */
export async function eachBreathing<Value>(values: Iterable<Value>, act: (value: Value) => void): Promise<void> {
  let steps = 0
  for (const value of values) {
    act(value)
    if (++steps % STEPS_A_BREATH === 0) await breathe()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(resume)
  })
}

function resume(): void {
  since = performance.now()
  const next = waiting.shift()!
  if (waiting.length > 0) setImmediate(resume)
  next()
}
