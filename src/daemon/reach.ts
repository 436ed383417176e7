// Whether a process that gave up root will still be able to read its zone files.

import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Identity } from './identity.ts'

export interface Obstacle {
  readonly path: string
  /** The command that removes it. */
  readonly mend: string
}

const READ = 4
const SEARCH = 1

/** The first folder on the way to `folder`, itself included, that keeps `reader` out. Judged by mode bits; undefined also where something is missing, which others report. */
export function obstacleTo(folder: string, reader: Identity): Obstacle | undefined {
  for (const ancestor of waysTo(folder)) {
    if (!permits(ancestor, reader, SEARCH)) return { path: ancestor, mend: `chmod o+x ${ancestor}` }
  }
  return permits(folder, reader, READ | SEARCH) ? undefined : { path: folder, mend: `chmod o+rx ${folder}` }
}

/** From the root downwards, without the folder itself. */
function waysTo(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [] : [...waysTo(parent), parent]
}

function permits(path: string, reader: Identity, wanted: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined || (modeFor(found, reader) & wanted) === wanted
}

function modeFor(found: Stats, { uid, gid }: Identity): number {
  if (found.uid === uid) return found.mode >> 6
  return found.gid === gid ? found.mode >> 3 : found.mode
}
