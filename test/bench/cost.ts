// Processor time of a subject, all its processes together: what an answer costs, however busy the machine is meanwhile.
import { readFileSync } from 'node:fs'
import { childrenOf } from '../support/process.ts'

/** USER_HZ, the same on every architecture that Linux runs on today (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100
const UTIME_FIELD = 14
const CUTIME_FIELD = 16

/** Seconds of user and system time so far. */
export function processorSeconds(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + processorSeconds(child), secondsIn(UTIME_FIELD, pid))
}

/** The same of what this process has started, and what that has started, as far as it has ended. */
export function processorSecondsOfEnded(): number {
  return secondsIn(CUTIME_FIELD, process.pid)
}

/** Of user time in that field, and of system time in the next. */
function secondsIn(field: number, pid: number): number {
  // The command, in parentheses, may hold blanks; field 3 follows it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[field - 3]) + Number(fields[field - 2])) / TICKS_PER_SECOND
}
