// Files that people own, read and replaced by commands. What goes wrong is told with the file.

import { chmodSync, chownSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '../folder.ts'
import { CommandError } from './context.ts'

/** Undefined where there is no such file. Throws CommandError. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw failure('read', file, error)
  }
}

/** Writes a new file, its folder too. Throws CommandError, also where the file exists. */
export function createText(file: string, text: string): void {
  try {
    makeFolder(dirname(file))
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    throw failure('write', file, error)
  }
}

/** Writes a file or descriptor that was named for output, whatever it was before. Throws CommandError. */
export function writeText(file: string | number, text: string, name = String(file)): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw failure('write', name, error)
  }
}

/**
 * Writes a new file and renames it over the old one, so that nobody ever reads half of it. Owner and mode stay, and a link
 * still leads to it. Throws CommandError.
 */
export function replaceText(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    const former = statSync(file, { throwIfNoEntry: false })
    if (former === undefined) return createText(file, text)
    writeFileSync(temporary, text, { flag: 'wx' })
    chmodSync(temporary, former.mode)
    if (process.getuid!() === 0) chownSync(temporary, former.uid, former.gid)
    renameSync(temporary, realpathSync(file))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error instanceof CommandError ? error : failure('write', file, error)
  }
}

function failure(verb: 'read' | 'write', file: string, cause: unknown): CommandError {
  return new CommandError(`cannot ${verb} ${file}: ${(cause as Error).message}`, { cause })
}
