// Mounts by the table: one mount(8) works through all of them, for starting one costs more than what it does.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { quote } from './shell.ts'

/** Names of files are octets, which need not be UTF-8: then a string would be another name. */
export type Path = string | Buffer

export interface Mount {
  readonly source: Path
  readonly target: Path
  /** Of a new file system. */
  readonly type?: string
  readonly options?: string
}

/** How the mounts of a table are made: as new file systems, by binding what is there, or by binding all that is mounted below it too. */
export type Way = 'new' | 'bind' | 'rbind'

/**
 * Bound so, nothing can be written there. Flags that are locked in a user namespace must be named again, and of the usual ones these
 * are missed by nobody.
 */
export const READ_ONLY = 'ro,nosuid,nodev'

/** mount(8) takes for mounted already, and leaves out, what comes from the same source: that of a new file system is never the same. */
export function newFileSystem(type: string, target: string, options = 'nodev'): Mount {
  return { source: `sallyport.${randomBytes(8).toString('hex')}`, target, type, options }
}

/** Files that `tableLine` has worked through: one for mount(8), and one for the shell. */
export function writeTable(file: string, way: Way, mounts: readonly Mount[]): void {
  writeOctets(file, mounts.map(formatEntry).join(''))
  writeOctets(`${file}.sh`, mounts.map((mount) => `${oneByOne(way, mount)}\n`).join(''))
}

/**
 * Shell text that makes the mounts of a table; under "set -e" it ends the script where one cannot be made. The way stands on the command
 * line: what the table itself calls a bind is left out where it is a mount point already, and would stay writable. Where that fails,
 * they are made one by one: for a place that is gone meanwhile, for flags that must not change, for a mount(8) before util-linux 2.35.
 */
export function tableLine(file: string, way: Way): string {
  return `mount -a -o ${way === 'new' ? 'nosuid' : way} -T ${file} 2>/dev/null || . ${file}.sh`
}

/** A character for each octet, as `writeOctets` writes them. */
export function octetsOf(path: Path): string {
  return (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1')
}

export function writeOctets(file: string, octets: string): void {
  writeFileSync(file, octets, 'latin1')
}

/** fstab(5). */
function formatEntry({ source, target, type = 'none', options = 'defaults' }: Mount): string {
  return `${escapeField(source)} ${escapeField(target)} ${type} ${options} 0 0\n`
}

function escapeField(path: Path): string {
  return octetsOf(path).replace(/[\s\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

function oneByOne(way: Way, mount: Mount): string {
  const [source, target] = [quote(octetsOf(mount.source)), quote(octetsOf(mount.target))]
  const options = mount.options ?? 'defaults'
  const gone = `[ ! -e ${target} ]`
  // Looked for first, so that mount(8) does not complain; and again, since it may go until then.
  const unlessGone = (made: string) => `${gone} || ${made} || ${gone}`
  if (way === 'new') return unlessGone(`mount -t ${mount.type} -o nosuid,${options} ${source} ${target}`)
  const made = `mount --${way} ${source} ${target}`
  // A mount that is there keeps its other flags.
  return unlessGone(options.startsWith('ro') ? `{ ${made} && mount -o remount,bind,ro ${target}; }` : made)
}
