import { readFileSync } from 'node:fs'
import { childrenOf, commandOf } from '../support/process.ts'

/** MB of memory that a process holds: its own, and its share of what several hold (Pss of proc_pid_smaps(5)). */
export function megabytesOf(pid: number): number {
  const kilobytes = Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
  return kilobytes / 1000
}

/** Of resolver and updater below `up`. */
export function megabytesOfParts(supervisor: number): readonly number[] {
  return partsOf(supervisor).map(({ pid }) => megabytesOf(pid))
}

export function partsOf(supervisor: number): readonly { readonly part: 'resolver' | 'updater'; readonly pid: number }[] {
  const parts = childrenOf(supervisor).flatMap((pid) => {
    const part = commandOf(pid).find((word) => word === 'resolver' || word === 'updater')
    return part === undefined ? [] : [{ part, pid }]
  })
  if (parts.length !== 2) throw new Error(`${parts.length} parts below process ${supervisor}, expected 2`)
  return parts
}
