// Runs a command to its end, again and again, and prints what one took, in milliseconds: {"median": …, "processor": …} in JSON.
//   run.ts TIMES COMMAND…
import { spawnSync } from 'node:child_process'
import { processorSecondsOfEnded } from '../cost.ts'
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
const before = processorSecondsOfEnded()
const all = Array.from({ length: Number(times) }, millisecondsOfRun)
const processor = ((processorSecondsOfEnded() - before) * 1000) / all.length
process.stdout.write(`${JSON.stringify({ median: median(all), processor })}\n`)
