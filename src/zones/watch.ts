// Tells when zone files may have changed, and which. Home of chokidar.

import { dirname, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import { type Changed, NOTHING, union } from './changed.ts'
import { tierFolders, ZONE_SUFFIX, type ZoneFolders } from './load.ts'

/** Editors and package managers write in bursts, and empty a file before they fill it; one reload is enough for each. */
const QUIET_MS = 50
/** Whoever writes on and on, in one of two tiers, does not keep the other's changes waiting. */
const LONGEST_BURST_MS = 500
/** The kernel drops events when it has too many. What was missed is found when it is quiet, by when no file can change without new times. */
const LOOK_AGAIN_MS = 3_000

/**
 * Calls `onChange` once a burst of changes is over or has gone on for too long, and once more, for all files, a while after the last. The
 * folder above is watched too, without its other contents: a folder that is deleted and made again is another one to the kernel, and so is
 * what the `..data` link of a ConfigMap points at after a swap.
 */
export function watchZones(folders: ZoneFolders, onChange: (changed: Changed) => void): { close(): Promise<void> } {
  const watched = new Set(tierFolders(folders).map(({ folder }) => resolve(folder)))
  let changed = NOTHING
  let begunAt: number | undefined
  let burst: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined

  function notice(news: Changed): void {
    const now = performance.now()
    changed = union(changed, news)
    begunAt ??= now
    clearTimeout(burst)
    clearTimeout(again)
    burst = setTimeout(tell, Math.max(0, Math.min(QUIET_MS, begunAt + LONGEST_BURST_MS - now)))
  }

  function tell(): void {
    const told = changed
    changed = NOTHING
    begunAt = undefined
    if (told !== 'all') again = setTimeout(onChange, LOOK_AGAIN_MS, 'all')
    onChange(told)
  }

  const watchers = [...watched].map((folder) => watchFolder(folder, notice))
  return {
    async close() {
      clearTimeout(burst)
      clearTimeout(again)
      await Promise.all(watchers.map((watcher) => watcher.close()))
    },
  }
}

function watchFolder(folder: string, notice: (changed: Changed) => void): FSWatcher {
  const isAbove = (path: string): boolean => path === dirname(folder)
  const isInside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`)
  const watcher = watch(dirname(folder), {
    ignored: (path) => !isAbove(resolve(path)) && !isInside(resolve(path)),
    ignoreInitial: true,
    depth: 2,
  })
  const noticePath = (path: string): void => {
    if (isInside(path)) notice(dirname(path) === folder && path.endsWith(ZONE_SUFFIX) ? new Set([path]) : 'all')
  }
  return (
    watcher
      .on('all', (_event, path) => noticePath(resolve(path)))
      // What changed after the files were read and before the watch stood has raised no event.
      .on('ready', () => notice('all'))
      // An error of the watcher (no inotify instances left, say) must not end the process: a reload shows whether the files can be read.
      .on('error', () => notice('all'))
  )
}
