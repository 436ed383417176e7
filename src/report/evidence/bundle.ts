// The folder that an auditor is handed.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeFolder } from '../../folder.ts'

/** Path below the bundle's folder → what is in it. */
export type BundleFiles = ReadonlyMap<string, string | Buffer>

/** The folder cannot be used. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}

const OWNER_ONLY = 0o700
const SUMS = 'SHA256SUMS'

/** Throws what the file system says, and BundleError where the folder holds something already. */
export function writeBundle(folder: string, files: BundleFiles): void {
  makeFolder(folder, OWNER_ONLY)
  if (readdirSync(folder).length > 0) throw new BundleError(`${folder} is not empty: name another folder`)
  for (const [path, content] of files) {
    makeFolder(dirname(join(folder, path)), OWNER_ONLY)
    writeFileSync(join(folder, path), content, { flag: 'wx' })
  }
  const sums = Array.from(files, ([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`)
  writeFileSync(join(folder, SUMS), sums.join(''), { flag: 'wx' })
}

/** Copies for the bundle: of two of the same name the second has a number before it. */
export function copiesOf(below: string, paths: readonly string[]): BundleFiles {
  const files = new Map<string, Buffer>()
  for (const path of paths) {
    // sha256sum(1) takes a backslash for the beginning of an escape.
    const name = basename(path).replaceAll('\\', '_')
    let copy = `${below}/${name}`
    for (let number = 1; files.has(copy); number++) copy = `${below}/${number}-${name}`
    files.set(copy, readFileSync(path))
  }
  return files
}
