import { readFileSync } from 'node:fs'
import { childrenOf, commandOf } from '../support/process.ts'

/** MB of memory that a process holds: its own, and its share of what several hold (Pss of proc_pid_smaps(5)). */
export function megabytesOf(pid: number): number {
  const kilobytes = Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
  return kilobytes / 1000
}

/** Of resolver and updater below `up`. */
export function megabytesOfParts(supervisor: number): readonly number[] {
  const parts = childrenOf(supervisor).filter((pid) => commandOf(pid).some((word) => word === 'resolver' || word === 'updater'))
  if (parts.length !== 2) throw new Error(`${parts.length} parts below process ${supervisor}, expected 2`)
  return parts.map(megabytesOf)
}
