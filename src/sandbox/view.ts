// What the command sees of the file system where that is not what the machine has: folders of its own in the place of /run and, for
// root, /dev; files that stand in for others; what is hidden; what cannot be written.

import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Mount, newFileSystem, octetsOf, type Path, READ_ONLY } from './mount.ts'
import { PLACE } from './plan.ts'
import { quote } from './shell.ts'
import type { CommandUser } from './user.ts'

export interface View {
  readonly user: CommandUser
  /** Files that stand in for those of the machine: below PLACE.etc, by the path that they cover. */
  readonly files: Readonly<Record<string, string>>
  /** Sockets and files to be hidden, and folders to be emptied. */
  readonly hiddenFiles: readonly Path[]
  readonly hiddenFolders: readonly string[]
  /** Of /run, what stays. */
  readonly keptInRun: readonly string[]
  /** Folders and files that the command may read only. */
  readonly readOnly: readonly string[]
}

/** In the order in which they are made. */
export interface ViewTables {
  readonly new: readonly Mount[]
  readonly bind: readonly Mount[]
  readonly rbind: readonly Mount[]
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
const DEVICE_LINKS = { ptmx: 'pts/ptmx', fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' }
/** User 0 owns what the machine is ruled by, without any capability: settings of the kernel, and its devices. */
const SETTINGS = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus', '/sys']
/** Those that are delegated to a user freeze and end whatever is in them, outside too. */
const CONTROL_GROUPS = '/sys/fs/cgroup'

/** What the function is called. */
export const CHECK = 'check'

const [RUN, DEV] = [`${PLACE.world}/run`, `${PLACE.world}/dev`]

export function viewTables(view: View): ViewTables {
  const isRoot = view.user.uid === 0
  const { hiddenFolders } = view
  return {
    new: [
      newFileSystem('proc', '/proc'),
      newFileSystem('tmpfs', PLACE.world, 'mode=755,nodev'),
      newFileSystem('tmpfs', PLACE.shm, 'mode=1777,nodev'),
      ...hiddenFolders.filter(existsSync).map((path) => newFileSystem('tmpfs', path, 'mode=700,nodev')),
      ...(isRoot ? [newFileSystem('devpts', PLACE.pts, 'newinstance,ptmxmode=0666,mode=620')] : []),
    ],
    bind: [
      ...(isRoot ? DEVICES.map((name) => ({ source: `/dev/${name}`, target: join(DEV, name) })) : []),
      ...Object.entries(view.files).map(([path, name]) => ({ source: join(PLACE.etc, name), target: inWorld(path), options: READ_ONLY })),
      ...view.readOnly.filter((path) => !isInRun(path)).map(readOnly),
      ...hiddenPaths(view).map((target) => ({ source: '/dev/null', target })),
    ],
    rbind: [
      ...kept(view).map((path) => ({ source: path, target: inWorld(path) })),
      { source: RUN, target: '/run' },
      ...(isFolder('/var/run') ? [{ source: RUN, target: '/var/run' }] : []),
      ...view.readOnly.filter((path) => isInRun(path) && isKept(view, path)).map(readOnly),
      ...settings(view).map((path) => ({ ...readOnly(path), options: `${READ_ONLY},noexec` })),
      ...(isRoot ? [{ source: PLACE.pts, target: `${DEV}/pts` }] : []),
      ...(isRoot ? [{ source: PLACE.shm, target: `${DEV}/shm` }] : []),
    ],
  }
}

/** Shell text for after the tables: it covers the folder in which they are. */
export function lastMountLine({ user: { uid } }: View): string {
  return uid === 0 ? `mount --rbind ${DEV} /dev` : `mount --bind ${PLACE.shm} /dev/shm`
}

/**
 * Shell text, in octets, of a function for after the mounts that ends the script where the command could write what it must not, or talk
 * to what it must not: mount(8) leaves out an entry that it does not understand, and says that all is well.
 */
export function checkFunction(view: View): string {
  const written = [...Object.keys(view.files), ...view.readOnly, ...settings(view)]
  const failed = '{ echo "sallyport: $each cannot be kept from the command" >&2; exit 1; }'
  return `${CHECK}() {
for each in ${words(written)}; do [ ! -w "$each" ] || ${failed}; done
for each in ${words(hiddenPaths(view))}; do [ ! -S "$each" ] || ${failed}; done
}
`
}

function words(paths: readonly Path[]): string {
  return paths.map((path) => quote(octetsOf(path))).join(' ')
}

/** Makes the folders, empty files and links that become PLACE.world. */
export function makeSkeleton(skeleton: string, view: View): void {
  const { uid, gid, other } = view.user
  const at = (place: string) => join(skeleton, place.slice(PLACE.world.length))
  const own = at(`${RUN}/user/${uid}`)
  mkdirSync(dirname(own), { recursive: true })
  mkdirSync(own, { mode: 0o700 })
  if (other !== undefined) chownSync(own, uid, gid)
  for (const path of view.keptInRun) makeLike(path, at(inWorld(path)))
  for (const path of Object.keys(view.files).filter(isInRun)) makeLike(path, at(inWorld(path)))
  if (uid === 0) makeDevices(at(DEV))
}

function makeDevices(folder: string): void {
  for (const name of ['pts', 'shm']) mkdirSync(join(folder, name), { recursive: true })
  for (const name of DEVICES) writeFileSync(join(folder, name), '')
  for (const [name, target] of Object.entries(DEVICE_LINKS)) symlinkSync(target, join(folder, name))
}

/** A link is made again; of all else the name is made, for what is there to be bound to it. */
function makeLike(path: string, copy: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || existsSync(copy)) return
  mkdirSync(dirname(copy), { recursive: true })
  if (found.isSymbolicLink()) symlinkSync(readlinkSync(path), copy)
  else if (found.isDirectory()) mkdirSync(copy)
  else writeFileSync(copy, '')
}

function kept({ keptInRun }: View): readonly string[] {
  return keptInRun.filter((path) => existsSync(path) && !lstatSync(path).isSymbolicLink())
}

function isKept(view: View, path: string): boolean {
  return kept(view).some((each) => path === each || path.startsWith(`${each}/`))
}

function hiddenPaths({ hiddenFiles }: View): readonly Path[] {
  return hiddenFiles.filter((path) => existsSync(path))
}

/** What is mounted below them has settings of its own: it is bound too, and each must be made read-only by itself. */
function settings({ user: { uid } }: View): readonly string[] {
  const [places, top] = uid === 0 ? [SETTINGS, '/sys'] : [[CONTROL_GROUPS], CONTROL_GROUPS]
  const below = mountPoints().filter((path) => path.startsWith(`${top}/`))
  return [...places, ...new Set(below)].filter((path) => existsSync(path))
}

/** The fifth field, where blanks stand as in fstab(5): proc_pid_mountinfo(5). */
function mountPoints(): readonly string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
  return lines.map((line) => line.split(' ')[4]!.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
}

function readOnly(path: string): Mount {
  return { source: path, target: path, options: READ_ONLY }
}

/** Where a path of /run is before that is bound into its place. */
function inWorld(path: string): string {
  return isInRun(path) ? RUN + path.replace(/^(?:\/var)?\/run/, '') : path
}

function isInRun(path: string): boolean {
  return /^(?:\/var)?\/run\//.test(path)
}

function isFolder(path: string): boolean {
  return existsSync(path) && !lstatSync(path).isSymbolicLink() && statSync(path).isDirectory()
}
