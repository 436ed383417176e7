// A resolver or updater that is somebody's child: it is told its settings, and loads nothing that only commands need.

import { flushCompileCache } from 'node:module'
import type { Journal } from '../journal/writer.ts'
import { createLog } from '../log.ts'
import { printError } from '../printable.ts'
import { UpdaterStartError } from '../updater/start-error.ts'
import { SILENT } from './journal.ts'
import type { Orders, Told } from './message.ts'
import { StartError } from './start-error.ts'

const EXIT_CONFIGURATION = 2

/** The decision log is told to whoever has started this, and written nowhere. */
const told: Journal = { ...SILENT, write: (record) => void process.send?.({ record } satisfies Told) }

/** Runs the part of that name until it is told to stop. Returns the exit code. */
export async function runPart(part: string): Promise<number> {
  const run = part === 'resolver' ? (await import('./resolver-process.ts')).runResolver : (await import('./updater-process.ts')).runUpdater
  // Written out while the process still may.
  flushCompileCache()
  const orders = await untilOrdered()
  if (orders === undefined) return 0
  const { config, tells } = orders
  try {
    await run(config, createLog({ ...config.log, part }), { journal: tells ? told : undefined })
    return 0
  } catch (error) {
    if (!(error instanceof StartError || error instanceof UpdaterStartError)) throw error
    printError(error)
    return EXIT_CONFIGURATION
  } finally {
    // It would keep the process; what was told goes out before it closes.
    if (process.connected) process.disconnect()
  }
}

/** Undefined: whoever has started this has ended without any, and has said why. */
function untilOrdered(): Promise<Orders | undefined> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve(undefined)
    process.once('message', resolve)
    process.once('disconnect', () => resolve(undefined))
  })
}
