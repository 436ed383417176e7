// Which zone files may say something else than when they were last looked at.

/** Absolute paths; 'all': any file may. */
export type Changed = 'all' | ReadonlySet<string>

export const NOTHING: Changed = new Set()

/** What may have changed by either account. */
export function union(one: Changed, other: Changed): Changed {
  return one === 'all' || other === 'all' ? 'all' : new Set([...one, ...other])
}

export function mayHaveChanged(changed: Changed, path: string): boolean {
  return changed === 'all' || changed.has(path)
}
