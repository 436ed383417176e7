// Which zone files may say something else than when they were last looked at.

import { resolve } from 'node:path'
import type { FoundFile } from './list.ts'

/** Absolute paths; 'all': any file may. */
export type Changed = 'all' | ReadonlySet<string>

export const NOTHING: Changed = new Set()

/** What may have changed by either account. */
export function union(one: Changed, other: Changed): Changed {
  return one === 'all' || other === 'all' ? 'all' : new Set([...one, ...other])
}

/** What is known of a file since it was last looked at. */
export type News = 'same' | 'unknown' | 'changed'

export function newsOf(changed: Changed, folder: string, { name, isPlain }: FoundFile): News {
  // What a link leads to may be another file at any time.
  if (changed === 'all' || !isPlain) return 'unknown'
  return changed.has(resolve(folder, name)) ? 'changed' : 'same'
}
