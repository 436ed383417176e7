// Tells when zone files may have changed, and which. Home of chokidar.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import { type Changed, NOTHING, union } from './changed.ts'
import { tierFolders, ZONE_SUFFIX, type ZoneFolders } from './load.ts'

/** Editors and package managers write in bursts, and empty a file before they fill it; one reload is enough for each. */
const QUIET_MS = 50
/** Whoever writes on and on, in one of two tiers, does not keep the other's changes waiting. */
const LONGEST_BURST_MS = 500
/** The kernel drops events when it has too many. What was missed is found then, whoever writes on meanwhile. */
const LOOK_AGAIN_MS = 3_000
/** What cannot be watched is looked at so often that what is taken back is closed within a second all the same. */
const WATCH_ANEW_MS = 500

interface Watch {
  close(): Promise<void>
}

/** What hears of a watch that fails. */
interface WatchLog {
  warn(fields: object, sentence: string): void
}

/**
 * Calls `onChange` once a burst of changes is over or has gone on for too long, and once more, for all files, some seconds later. The
 * folder above is watched too, without its other contents: a folder that is deleted and made again is another one to the kernel, and so is
 * what the `..data` link of a ConfigMap points at after a swap.
 */
export function watchZones(folders: ZoneFolders, onChange: (changed: Changed) => void, log: WatchLog): Watch {
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
    burst = setTimeout(tell, Math.max(0, Math.min(QUIET_MS, begunAt + LONGEST_BURST_MS - now)))
  }

  function tell(): void {
    const told = changed
    changed = NOTHING
    begunAt = undefined
    if (told !== 'all') again ??= setTimeout(lookAgain, LOOK_AGAIN_MS)
    onChange(told)
  }

  function lookAgain(): void {
    again = undefined
    onChange('all')
  }

  const watches = [...watched].map((folder) => keepWatching(folder, notice, log))
  return {
    async close() {
      clearTimeout(burst)
      clearTimeout(again)
      await Promise.all(watches.map((watch) => watch.close()))
    },
  }
}

/** A watch that fails (no inotify watches left, say) must not end the process, nor leave files unseen: it is begun anew, and each beginning is a look at all files. */
function keepWatching(folder: string, notice: (changed: Changed) => void, log: WatchLog): Watch {
  let hasComplained = false
  let retry: NodeJS.Timeout | undefined
  let watcher = begin()

  function begin(): FSWatcher {
    if (hasMounts(folder)) fail('a file that is mounted by itself is heard of in its own folder alone: mount the folder instead')
    return watchFolder(folder, notice).on('error', (error) => fail(explain(error as NodeJS.ErrnoException)))
  }

  function fail(reason: string): void {
    retry ??= setTimeout(beginAnew, WATCH_ANEW_MS)
    if (hasComplained) return
    hasComplained = true
    log.warn({ folder, reason }, 'the zone files cannot be watched, and are looked at twice a second until they can')
  }

  function beginAnew(): void {
    retry = undefined
    void watcher.close()
    watcher = begin()
  }

  return {
    close: () => {
      clearTimeout(retry)
      return watcher.close()
    },
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOSPC' || code === 'EMFILE' ? `${message}; raise fs.inotify.max_user_watches or max_user_instances (sysctl)` : message
}

/** Is a zone file of the folder a mount point? Field 5 of proc_pid_mountinfo(5), with blanks as \040. */
function hasMounts(folder: string): boolean {
  const points = readFileSync('/proc/self/mountinfo', 'utf8').matchAll(/^(?:\S+ ){4}(\S+\.zone) /gm)
  const real = existsSync(folder) ? realpathSync(folder) : folder
  return points.some(([, point]) => dirname(unescapeOctal(point!)) === real)
}

function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
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
  )
}
