import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tryLock } from '../linux/flock.ts'
import { StartError } from './start-error.ts'

/** Held while a supervisor runs on a state folder. */
export interface Lock {
  release(): void
}

/**
 * Takes the lock, or throws StartError that says who holds it, or why it cannot be taken. The kernel decides between two that come at once.
 * What is in the file is for whoever asks who holds it: a process id and when that process started, so that a number used again by another
 * process is not taken for the holder.
 */
export function takeLock(file: string): Lock {
  let descriptor: number | undefined
  try {
    descriptor = openLocked(file)
    if (descriptor !== undefined) {
      ftruncateSync(descriptor)
      writeSync(descriptor, `${process.pid} ${startOf(process.pid)}\n`, 0)
    }
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor)
    throw new StartError(`cannot write ${file}: ${(cause as Error).message}; mend that, or choose another state folder (--state)`, {
      cause,
    })
  }
  if (descriptor === undefined) throw new StartError(heldBy(file, runningHolder(file)))
  const held = descriptor
  return {
    release: () => {
      rmSync(file, { force: true })
      closeSync(held)
    },
  }
}

/** The locked file, or undefined: another process holds it. One that its holder removed after we had opened it locks nothing. */
function openLocked(file: string): number | undefined {
  for (;;) {
    const descriptor = openSync(file, 'a')
    if (!tryLock(descriptor)) {
      closeSync(descriptor)
      return undefined
    }
    if (fstatSync(descriptor).ino === statSync(file, { throwIfNoEntry: false })?.ino) return descriptor
    closeSync(descriptor)
  }
}

/** Who has just taken it may not have written who it is. */
function heldBy(file: string, holder: number | undefined): string {
  if (holder === undefined) return `another sallyport is coming up (${file}): one is enough, or choose another state folder (--state)`
  return `sallyport is already up as process ${holder} (${file}); stop it with "kill ${holder}", or choose another state folder (--state)`
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
