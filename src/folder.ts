import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const EVERYBODY = 0o777

/**
 * Makes a folder, and those above it that are missing. Returns whether it was missing. Throws what the file system says: Node's own
 * recursive mkdir calls a read-only file system a missing file, and never returns from one that takes no folders, as /proc.
 */
export function makeFolder(path: string, mode = EVERYBODY): boolean {
  try {
    return makeOne(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    makeFolder(dirname(path), mode)
    return makeOne(path, mode)
  }
}

function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(path).isDirectory()) return false
    throw error
  }
}
