// Doors in the file system: Unix sockets belong to no network namespace, and whoever listens may do what the command must not.

import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { StartError } from '../daemon/start-error.ts'
import { octetsOf } from './mount.ts'
import type { CommandUser } from './user.ts'

export interface HiddenPlaces {
  readonly hiddenFiles: readonly Buffer[]
  readonly hiddenFolders: readonly string[]
  /** Of /run, what stays. */
  readonly keptInRun: readonly string[]
}

/** No sockets are in these: links to the system itself (NixOS), drivers, hardware, locks. */
const KEPT_IN_RUN = ['current-system', 'booted-system', 'wrappers', 'opengl-driver', 'opengl-driver-32', 'udev', 'lock', 'shm']
/** Emptied whole, for sockets in them come and go: window systems, terminals that run commands for whoever asks. */
const FOLDERS_OF_SOCKETS = ['/tmp/.X11-unix', '/tmp/.ICE-unix', '/tmp/.font-unix']

/** Emptied too: message queues of the machine, by which other users' programs may be talked to (mq_overview(7)). */
const FOLDERS_OF_QUEUES = ['/dev/mqueue']

/** Where sockets are looked for that are bound by a relative path, or in other network namespaces: there, and one folder below. */
const FOLDERS_OF_USERS = ['/tmp', '/var/tmp']
const LEVELS = 2

/** All of /run, and every socket that is elsewhere at the moment, but those that are asked for. Throws StartError. */
export function hiddenPlaces({ uid, other }: CommandUser, workingFolder: string, expose: readonly string[]): HiddenPlaces {
  const exposed = expose.map(exposedPath)
  const exposedOctets = exposed.map(octetsOf)
  const emptied = [...FOLDERS_OF_SOCKETS, `/tmp/tmux-${uid}`, ...FOLDERS_OF_QUEUES]
  const hiddenFolders = emptied.filter((folder) => !exposed.some((path) => isBelow(path, folder)))
  // What is in a folder that is emptied is not there any more.
  const isGone = (path: string) => ['/run', '/var/run', ...hiddenFolders].some((folder) => isBelow(path, folder))
  const looked = [...FOLDERS_OF_USERS, other?.variables.HOME ?? homedir(), workingFolder]
  const sockets = [...new Set([...socketPaths(), ...looked.flatMap((folder) => socketsIn(octetsOf(folder), LEVELS))])]
  return {
    hiddenFiles: sockets.filter((path) => !isGone(path) && !exposedOctets.includes(path)).map((path) => Buffer.from(path, 'latin1')),
    hiddenFolders,
    keptInRun: [...KEPT_IN_RUN.map((name) => join('/run', name)), ...exposed.filter((path) => isBelow(path, '/run'))],
  }
}

/** Where links lead, for that is what is hidden: /var/run/docker.sock is below /run. */
function exposedPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    throw new StartError(`--expose: ${path} cannot be found: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

/** In octets, a character for each. What cannot be listed has none that could be used. */
function socketsIn(folder: string, levels: number): readonly string[] {
  try {
    return readdirSync(Buffer.from(folder, 'latin1'), { withFileTypes: true, encoding: 'latin1' }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isSocket()) return [path]
      return entry.isDirectory() && levels > 1 ? socketsIn(path, levels - 1) : []
    })
  } catch {
    return []
  }
}

/** The eighth column is the path, which may hold blanks (unix(7) and proc(5)). */
const PATH_OF_SOCKET = /^(?:\S+ +){7}(\/.*)$/s
/** Between two sockets, for a path may hold the end of a line: address, and the number of references. */
const BETWEEN_SOCKETS = /\n(?=[\da-f]{8,}: [\dA-F]{8} )/

/** Of this network namespace, in octets. Names without a file begin with "@". */
function socketPaths(): readonly string[] {
  const lines = readFileSync('/proc/net/unix', 'latin1').replace(/\n$/, '').split(BETWEEN_SOCKETS).slice(1)
  return lines.map((line) => PATH_OF_SOCKET.exec(line)?.[1]).filter((path) => path !== undefined)
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}
