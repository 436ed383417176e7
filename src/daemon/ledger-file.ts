// What clients have spent of their budgets outlives the resolver: it lies in the state folder, in a folder that the resolver alone enters.

import { chmodSync, closeSync, constants, fstatSync, lchownSync, openSync, readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../folder.ts'
import { capabilitiesOf } from '../linux/privilege.ts'
import type { Logger } from '../log.ts'
import { createLedger, type Ledger } from '../resolver/ledger.ts'

/** What a crash may forget. */
const SAVE_MS = 2_000
const OWNER_ONLY = 0o700

export interface LedgerFile {
  readonly ledger: Ledger
  /** Saves from now on what changes. */
  start(): void
  /** Saves once more. */
  close(): Promise<void>
}

/** Makes the folder, which may want root, and takes up what an earlier resolver has saved there. `uid`: whose it is to be. */
export function openLedgerFile(file: string, uid: number, log: Logger): LedgerFile {
  prepareFolder(dirname(file), uid, log)
  const ledger = readLedger(file, log)
  let saved = ledger.revision
  let isBroken = false
  let timer: NodeJS.Timeout | undefined

  async function save(): Promise<void> {
    const { revision } = ledger
    if (revision === saved) return
    try {
      // Piece by piece: queries are answered between them.
      await rm(`${file}.next`, { force: true })
      await writeFile(`${file}.next`, ledger.save(), { mode: 0o600, flag: 'wx' })
      await rename(`${file}.next`, file)
      saved = revision
      isBroken = false
    } catch (error) {
      if (!isBroken) log.warn({ reason: (error as Error).message }, 'cannot save what is spent of budgets; a restart forgets it')
      isBroken = true
    }
  }

  function saveAndWait(): void {
    void save().then(() => {
      if (timer !== undefined) timer = setTimeout(saveAndWait, SAVE_MS).unref()
    })
  }

  return {
    ledger,
    start: () => {
      timer = setTimeout(saveAndWait, SAVE_MS).unref()
    },
    close: async () => {
      clearTimeout(timer)
      timer = undefined
      await save()
    },
  }
}

function prepareFolder(folder: string, uid: number, log: Logger): void {
  try {
    makeFolder(folder, OWNER_ONLY)
    if (!capabilitiesOf('self').effective.includes('chown')) return
    lchownSync(folder, uid, uid)
    chmodSync(folder, OWNER_ONLY)
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'cannot prepare the folder for what is spent of budgets')
  }
}

/** As many names as a ledger keeps take a tenth of it. */
const MOST_OCTETS = 64 * 1024 * 1024

/**
 * Whoever owned the folder before may have put a link there, or a pipe, of which opening would wait for a writer for ever: what they lead
 * to is not read, and what is wrong with a text is not told.
 */
function readLedger(file: string, log: Logger): Ledger {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const found = fstatSync(descriptor)
      if (!found.isFile() || found.size > MOST_OCTETS) throw new Error(`${file} is no ledger`)
      return createLedger(readFileSync(descriptor, 'utf8'))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ file }, 'cannot read what was spent of budgets; counting begins anew')
    return createLedger()
  }
}
