// The only reader of the environment.

import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the process was started with, beside its arguments. */
export interface Environment {
  readonly workingFolder: string
  /** The folder of sockets where no setting names one. */
  readonly stateFolder: string
  /** Whether people read standard error. */
  readonly terminal: boolean
}

export function readEnvironment(): Environment {
  return { workingFolder: process.cwd(), stateFolder: defaultStateFolder(), terminal: process.stderr.isTTY === true }
}

function defaultStateFolder(): string {
  const uid = process.getuid!()
  if (uid === 0) return '/run/sallyport'
  const runtimeFolder = process.env.XDG_RUNTIME_DIR
  return runtimeFolder ? join(runtimeFolder, 'sallyport') : join(tmpdir(), `sallyport-${uid}`)
}
