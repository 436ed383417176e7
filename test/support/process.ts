// What /proc says about processes.
import { readdirSync, readFileSync } from 'node:fs'

export interface TaskStatus {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly effective: bigint
  readonly permitted: bigint
  readonly inheritable: bigint
  readonly ambient: bigint
  readonly noNewPrivileges: boolean
}

export const CAP_NET_ADMIN = 1n << 12n

/** Children that live now; none if the process itself is gone. */
export function childrenOf(pid: number): number[] {
  return tasksOf(pid).flatMap((task) => readQuietly(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number))
}

export function commandOf(pid: number): readonly string[] {
  return readQuietly(`/proc/${pid}/cmdline`).split('\0').filter(Boolean)
}

/** The name of a program, as far as the kernel keeps it; empty if it has ended. */
export function nameOf(pid: number): string {
  return readQuietly(`/proc/${pid}/comm`).trimEnd()
}

/** The status of every thread: the main thread first. */
export function taskStatuses(pid: number): TaskStatus[] {
  return tasksOf(pid).map((task) => parseStatus(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')))
}

/** The nice value of every thread, the main thread's first: field 19 of proc_pid_stat(5), behind the name in parentheses. */
export function taskNices(pid: number): number[] {
  return tasksOf(pid).map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1').split(') ')[1]!.split(' ')[16]))
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function parseStatus(text: string): TaskStatus {
  const field = (key: string): string => new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(text)?.[1] ?? ''
  const capabilities = (key: string): bigint => BigInt(`0x${field(key)}`)
  return {
    uid: Number(field('Uid').split('\t')[1]),
    gid: Number(field('Gid').split('\t')[1]),
    groups: field('Groups').split(' ').filter(Boolean).map(Number),
    effective: capabilities('CapEff'),
    permitted: capabilities('CapPrm'),
    inheritable: capabilities('CapInh'),
    ambient: capabilities('CapAmb'),
    noNewPrivileges: field('NoNewPrivs') === '1',
  }
}

function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch {
    return ''
  }
}
