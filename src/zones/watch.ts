// Tells when zone files may have changed, and which. Home of chokidar.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Changed } from './changed.ts'
import { listFiles } from './list.ts'
import { tierFolders, ZONE_SUFFIX, type ZoneFolders } from './load.ts'

/** Editors and package managers write in bursts, and empty a file before they fill it; one reload is enough for each. */
const QUIET_MS = 50
/** Whoever writes on and on, in one of two tiers, does not keep the other's changes waiting. */
const LONGEST_BURST_MS = 500
/** The kernel drops events when it has too many. What was missed is found then, whoever writes on meanwhile. */
const LOOK_AGAIN_MS = 3_000
/** So long after files have come or gone one of them may be found to be a link. */
const FIND_LINKS_MS = 500
/** What cannot be watched is looked at so often that what is taken back is closed within a second all the same. */
const WATCH_ANEW_MS = 500

/** The path of a zone file that may have changed; 'all': any of them may have. */
type Suspect = string

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
  let changed = new Set<string>()
  let mayAllHaveChanged = false
  let quiet: NodeJS.Timeout | undefined
  let longest: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined

  function notice(suspect: Suspect): void {
    if (suspect === 'all') mayAllHaveChanged = true
    else changed.add(suspect)
    quiet = quiet?.refresh() ?? setTimeout(tell, QUIET_MS)
    longest ??= setTimeout(tell, LONGEST_BURST_MS)
  }

  function tell(): void {
    const told = mayAllHaveChanged ? 'all' : changed
    changed = new Set()
    mayAllHaveChanged = false
    stopWaiting()
    again ??= setTimeout(lookAgain, LOOK_AGAIN_MS)
    onChange(told)
  }

  function stopWaiting(): void {
    clearTimeout(quiet)
    clearTimeout(longest)
    quiet = undefined
    longest = undefined
  }

  function lookAgain(): void {
    again = undefined
    onChange('all')
  }

  const watches = [...watched].map((folder) => keepWatching(folder, notice, log))
  return {
    async close() {
      stopWaiting()
      clearTimeout(again)
      await Promise.all(watches.map((watch) => watch.close()))
    },
  }
}

/** A watch that fails (no inotify watches left, say) must not end the process, nor leave files unseen: it is begun anew, and each beginning is a look at all files. */
function keepWatching(folder: string, notice: (suspect: Suspect) => void, log: WatchLog): Watch {
  let hasComplained = false
  let isClosed = false
  let retry: NodeJS.Timeout | undefined
  let finding: NodeJS.Timeout | undefined
  let links: ReadonlySet<string> = new Set()
  let watcher = begin()

  async function begin(): Promise<FSWatcher | undefined> {
    links = await linksIn(folder)
    if (isClosed) return undefined
    if (hasMounts(folder)) fail('a file that is mounted by itself is heard of in its own folder alone: mount the folder instead')
    return watchFolder(folder, links, { notice, onMoved: findLinksSoon }).on('error', (error) =>
      fail(explain(error as NodeJS.ErrnoException)),
    )
  }

  function fail(reason: string): void {
    retry ??= setTimeout(beginAnew, WATCH_ANEW_MS)
    if (hasComplained) return
    hasComplained = true
    log.warn({ folder, reason }, 'the zone files cannot be watched, and are looked at twice a second until they can')
  }

  function beginAnew(): void {
    clearTimeout(retry)
    retry = undefined
    void end()
    watcher = begin()
  }

  async function end(): Promise<void> {
    await (await watcher)?.close()
  }

  function findLinksSoon(): void {
    finding ??= setTimeout(findLinks, FIND_LINKS_MS)
  }

  async function findLinks(): Promise<void> {
    finding = undefined
    const found = await linksIn(folder)
    if (!isClosed && [...found].some((link) => !links.has(link))) beginAnew()
  }

  return {
    close: () => {
      isClosed = true
      clearTimeout(retry)
      clearTimeout(finding)
      return end()
    },
  }
}

/** Zone files that lead elsewhere, or may. */
async function linksIn(folder: string): Promise<ReadonlySet<string>> {
  const found = await listFiles(folder, ZONE_SUFFIX).catch(() => [])
  return new Set(found.filter(({ isPlain }) => !isPlain).map(({ name }) => join(folder, name)))
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

interface Hearing {
  notice(suspect: Suspect): void
  /** Zone files have come, gone, or been replaced. */
  onMoved(): void
}

/**
 * What the kernel says of the folder tells which ordinary files have changed: chokidar would look at each by itself, and a thousand that change
 * at once would keep answers waiting (bench: files). Links and everything else, the folder's own coming and going included, are chokidar's.
 */
function watchFolder(folder: string, links: ReadonlySet<string>, { notice, onMoved }: Hearing): FSWatcher {
  const isAbove = (path: string): boolean => path === dirname(folder)
  const isInside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`)
  const isZone = (path: string): boolean => path.endsWith(ZONE_SUFFIX) && dirname(path) === folder
  const isPlain = (path: string): boolean => isZone(path) && !links.has(path)
  const noticePath = (path: string): void => {
    if (isInside(path)) notice(isZone(path) ? path : 'all')
  }
  const hear = (event: string, name: string | null): void => {
    if (name === null || name === basename(folder)) return notice('all')
    const path = join(folder, name)
    if (!isPlain(path)) return
    if (event === 'rename') onMoved()
    notice(path)
  }
  return (
    watch(dirname(folder), {
      ignored: (path) => isPlain(resolve(path)) || !(isAbove(resolve(path)) || isInside(resolve(path))),
      ignoreInitial: true,
      depth: 2,
    })
      .on('all', (_event, path) => noticePath(resolve(path)))
      .on('raw', (event, name, place) => {
        if ((place as { readonly watchedPath: string }).watchedPath === folder) hear(event, name)
      })
      // What changed after the files were read and before the watch stood has raised no event.
      .on('ready', () => notice('all'))
  )
}
