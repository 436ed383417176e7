// To be preloaded (node --import): the process takes the time of day from what a file says, as after somebody has set the clock.
// Clocks that nobody can set go on as they are.
import { readFileSync } from 'node:fs'

/** Names the file, which holds by how many milliseconds the clock is ahead. */
export const VARIABLE = 'TEST_CLOCK_AHEAD'
const LOOK_MS = 10

const RealDate = Date
let aheadMs = 0

class MovedDate extends RealDate {
  constructor(...parameters: readonly unknown[]) {
    super(...((parameters.length === 0 ? [MovedDate.now()] : parameters) as [number]))
  }

  static override now(): number {
    return RealDate.now() + aheadMs
  }
}

const file = process.env[VARIABLE]
if (file !== undefined) {
  const look = (): void => {
    aheadMs = Number(readFileSync(file, 'utf8'))
  }
  look()
  setInterval(look, LOOK_MS).unref()
  globalThis.Date = MovedDate as DateConstructor
}
