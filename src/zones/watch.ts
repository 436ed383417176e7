// Tells when zone files may have changed. Home of chokidar.

import { dirname, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import { tierFolders, type ZoneFolders } from './load.ts'

/** Editors and package managers write in bursts; one reload is enough for each. */
const QUIET_MS = 50

/**
 * Calls `onChange` once a burst of changes is over. The folder above is watched too, without its other contents: a folder that is
 * deleted and made again is another one to the kernel, and so is what the `..data` link of a ConfigMap points at after a swap.
 */
export function watchZones(folders: ZoneFolders, onChange: () => void): { close(): Promise<void> } {
  const watched = new Set(tierFolders(folders).map(({ folder }) => resolve(folder)))
  let timer: NodeJS.Timeout | undefined
  const notice = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, QUIET_MS)
  }
  const watchers = [...watched].map((folder) => watchFolder(folder, notice))
  return {
    async close() {
      clearTimeout(timer)
      await Promise.all(watchers.map((watcher) => watcher.close()))
    },
  }
}

function watchFolder(folder: string, notice: () => void): FSWatcher {
  const isAbove = (path: string): boolean => path === dirname(folder)
  const isInside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`)
  const watcher = watch(dirname(folder), {
    ignored: (path) => !isAbove(resolve(path)) && !isInside(resolve(path)),
    ignoreInitial: true,
    depth: 2,
  })
  return (
    watcher
      .on('all', (_event, path) => (isInside(resolve(path)) ? notice() : undefined))
      // What changed after the files were read and before the watch stood has raised no event.
      .on('ready', notice)
      // An error of the watcher (no inotify instances left, say) must not end the process: a reload shows whether the files can be read.
      .on('error', notice)
  )
}
