import type { Steps } from '../policy/steps.ts'

/** How long work is done where others wait for it to let them go first. */
export interface Pace {
  /** So much at a time, of all such work in this process together. */
  readonly workMs: number
  /** Then whoever else waits in this process has a turn, and with a rest whoever waits for its processor too. */
  readonly restMs: number
}

/** Of a microsecond or so each. */
const STEPS_A_BREATH = 64

/** While nobody waits for this process. */
export const UNHURRIED: Pace = { workMs: 2, restMs: 0 }
/** Where clients ask meanwhile. */
export const ANSWERING: Pace = { workMs: 1, restMs: 0 }
/** Beside a process in which clients ask, and which may have no other processor (bench: files). */
export const GIVING_WAY: Pace = { workMs: 2, restMs: 1 }

let pace = UNHURRIED
let since = 0
const waiting: (() => void)[] = []

/** From now on somebody waits who must not wait for long. */
export function setPace(next: Pace): void {
  pace = next
}

/** For long work in small steps: `await` it after each, and whoever else waits goes first when a few milliseconds are over. */
export async function breathe(): Promise<void> {
  if (hasWorked()) await nextTurn()
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

function hasWorked(): boolean {
  return performance.now() - since >= pace.workMs
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) rest()
  })
}

function rest(): void {
  if (pace.restMs > 0) setTimeout(begin, pace.restMs)
  else setImmediate(begin)
}

function begin(): void {
  since = performance.now()
  goOn()
}

/** Of several, each goes on in a turn of its own. */
function goOn(): void {
  if (hasWorked()) return rest()
  const next = waiting.shift()!
  if (waiting.length > 0) setImmediate(goOn)
  next()
}
