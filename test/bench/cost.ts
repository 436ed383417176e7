// Processor time of a subject, all its processes together: what an answer costs, however busy the machine is meanwhile.
import { readFileSync } from 'node:fs'
import { childrenOf } from '../support/process.ts'

/** USER_HZ, the same on every architecture that Linux runs on today (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100
const UTIME_FIELD = 14

/** Seconds of user and system time so far. */
export function processorSeconds(pid: number): number {
  // The command, in parentheses, may hold blanks; field 3 follows it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  const ticks = Number(fields[UTIME_FIELD - 3]) + Number(fields[UTIME_FIELD - 2])
  return childrenOf(pid).reduce((sum, child) => sum + processorSeconds(child), ticks / TICKS_PER_SECOND)
}
