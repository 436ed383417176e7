import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { StartError } from './start-error.ts'

/** Held while a supervisor runs on a state folder. */
export interface Lock {
  release(): void
}

/**
 * Takes the lock, or throws StartError that says who holds it, or why it cannot be written. The file holds a process id and when that process
 * started, so that a number used again by another process is not taken for the holder.
 */
export function takeLock(file: string): Lock {
  const holder = runningHolder(file)
  if (holder !== undefined) {
    throw new StartError(
      `sallyport is already up as process ${holder} (${file}); stop it with "kill ${holder}", or choose another state folder (--state)`,
    )
  }
  try {
    rmSync(file, { force: true })
    writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' })
  } catch (cause) {
    throw new StartError(`cannot write ${file}: ${(cause as Error).message}; mend that, or choose another state folder (--state)`, {
      cause,
    })
  }
  return { release: () => rmSync(file, { force: true }) }
}

/** The process that holds the lock and lives. */
export function runningHolder(file: string): number | undefined {
  const [pid, start] = readIfThere(file).trim().split(' ')
  return pid && start !== undefined && startOf(Number(pid)) === start ? Number(pid) : undefined
}

/** When a process started, in clock ticks since boot: field 22 of proc_pid_stat(5). The command before it may hold anything, so fields are counted from its end. */
function startOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
