// Runs a command to its end, again and again, and prints the median of the milliseconds that it took.
//   run.ts TIMES COMMAND…
import { spawnSync } from 'node:child_process'
import { median } from '../statistics.ts'

const [times, program, ...words] = process.argv.slice(2)

/** Throws with what it said if it fails. */
function millisecondsOfRun(): number {
  const startedAt = performance.now()
  const { status, stderr, error } = spawnSync(program!, words, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  const milliseconds = performance.now() - startedAt
  if (status !== 0) throw error ?? new Error(`${program} ended with exit code ${status}: ${stderr}`)
  return milliseconds
}

// What is kept for the next start is made by the first.
millisecondsOfRun()
process.stdout.write(`${median(Array.from({ length: Number(times) }, millisecondsOfRun))}\n`)
