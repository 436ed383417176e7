// Doors in the file system: Unix sockets belong to no network namespace, and whoever listens may do what the command must not.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface HiddenPlaces {
  readonly hiddenFiles: readonly string[]
  readonly hiddenFolders: readonly string[]
  /** Of /run, what stays. */
  readonly keptInRun: readonly string[]
}

/** No sockets are in these: links to the system itself (NixOS), drivers, hardware, locks. */
const KEPT_IN_RUN = ['current-system', 'booted-system', 'wrappers', 'opengl-driver', 'opengl-driver-32', 'udev', 'lock', 'shm']
/** Emptied whole, for sockets in them come and go: window systems, terminals that run commands for whoever asks. */
const FOLDERS_OF_SOCKETS = ['/tmp/.X11-unix', '/tmp/.ICE-unix', '/tmp/.font-unix']

/** All of /run, and every socket that has a path elsewhere, but those that are asked for. */
export function hiddenPlaces(uid: number, exposed: readonly string[]): HiddenPlaces {
  const isExposed = (path: string) => exposed.includes(path)
  return {
    hiddenFiles: socketPaths().filter((path) => !isBelow(path, '/run') && !isBelow(path, '/var/run') && !isExposed(path)),
    hiddenFolders: [...FOLDERS_OF_SOCKETS, `/tmp/tmux-${uid}`].filter((folder) => !exposed.some((path) => isBelow(path, folder))),
    keptInRun: [...KEPT_IN_RUN.map((name) => join('/run', name)), ...exposed.filter((path) => isBelow(path, '/run'))],
  }
}

/** Of this network namespace, each once: proc_net_unix, whose eighth column is the path. Names without a file begin with "@". */
function socketPaths(): readonly string[] {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1)
  const paths = lines.map((line) => line.split(/\s+/).slice(7).join(' ')).filter((path) => path.startsWith('/'))
  return [...new Set(paths)]
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}
