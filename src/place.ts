// Where the program's files are. In the package this file is joined with others, at the root of what was built: no other may ask where it lies.

import { dirname, extname, join } from 'node:path'

/** The folder of `bin`, `zones` and package.json, in a clone and in the package. */
export const PACKAGE_FOLDER = dirname(import.meta.dirname)
/** How files of code end: `.ts` in a clone, `.js` in the package. */
export const CODE_ENDING = extname(import.meta.filename)

/** A file or folder of code, by its path in `src`. */
export function codePath(path: string): string {
  return join(import.meta.dirname, path)
}

export function packagePath(path: string): string {
  return join(PACKAGE_FOLDER, path)
}
