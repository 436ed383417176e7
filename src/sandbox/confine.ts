// How the command is started: what it sees, and what it may.

import { PLACE } from './plan.ts'
import { FIRST_PROCESS, HOLD_KEYS, ORDERS, quote, REPORTS } from './script.ts'
import type { CommandUser } from './user.ts'

export interface Confinement {
  readonly user: CommandUser
  readonly workingFolder: string
  /** Files that stand in for those of the machine: below PLACE.etc, by the path that they cover. */
  readonly files: Readonly<Record<string, string>>
  /** Sockets and files to be hidden, and folders to be emptied. */
  readonly hiddenFiles: readonly string[]
  readonly hiddenFolders: readonly string[]
  /** Of /run, what stays. */
  readonly keptInRun: readonly string[]
  /** Folders and files that the command may read only. */
  readonly readOnly: readonly string[]
  /** Its standard input is a terminal of its own, which it is to control. */
  readonly controlsTerminal: boolean
}

const NO_CAPABILITIES = '--no-new-privs --ambient-caps=-all --inh-caps=-all --bounding-set=-all'
const NAMESPACES = `--mount --pid -- sh -c ${quote(FIRST_PROCESS)} sallyport`

/**
 * The shell line that makes the sandbox, waits for the order to begin, and runs "$@" in the sandbox's network namespace, and in user, mount and PID namespaces of its own, as its user,
 * without capabilities. It ends with the command's exit code, 128 and more for a signal, as shells have it.
 */
export function commandLine(confinement: Confinement): string {
  const start = process.getuid!() === 0 ? startAsRoot : startAsUser
  return `nsenter --net=${PLACE.sandbox} -- ${start(confinement)} sallyport "$@"`
}

/** Whoever has no privilege can map one user, and that is the one. */
function startAsUser(confinement: Confinement): string {
  const { uid, gid } = confinement.user
  return `unshare --user --map-user=${uid} --map-group=${gid} --keep-caps ${NAMESPACES} sh -ec ${quote(confinementScript(confinement))}`
}

/** Root maps all users as they are; `mapLine` does it from outside. */
function startAsRoot(confinement: Confinement): string {
  const inner = `echo $$ >${PLACE.asks}; read -r mapped <${PLACE.mapped}; exec unshare ${NAMESPACES} sh -ec ${quote(confinementScript(confinement))} sallyport "$@"`
  return `unshare --user --keep-caps -- sh -ec ${quote(inner)}`
}

/** Run in the background before `commandLine`, as root: a user namespace is mapped by a process outside it, with one write for each map. */
export const MAP_LINES = `mkfifo ${PLACE.asks} ${PLACE.mapped}
(
  read -r pid <${PLACE.asks}
  for kind in uid gid; do
    map=
    while read -r first outer count; do map="$map$first $first $count\\n"; done </proc/self/\${kind}_map
    printf "$map" >/proc/$pid/\${kind}_map
  done
  echo >${PLACE.mapped}
) ${ORDERS}<&- ${REPORTS}>&- &`

function confinementScript(confinement: Confinement): string {
  const { user, workingFolder, files, hiddenFiles, hiddenFolders, readOnly, controlsTerminal } = confinement
  // A first process ignores signals that it does not handle, so the command is the second.
  const first = `${HOLD_KEYS}; exec 5>&2 2>/dev/null; setpriv --no-new-privs -- ${controlsTerminal ? 'setsid --ctty ' : ''}"$@" 2>&5 5>&-; exit $?`
  return `exec 6<${PLACE.begin}
mount -t proc proc /proc
${runLines(confinement).join('\n')}
${Object.entries(files)
  .map(([path, file]) => coverLine(`${PLACE.etc}/${file}`, path))
  .join('\n')}
${hiddenFiles.map((path) => `[ ! -e ${quote(path)} ] || mount --bind /dev/null ${quote(path)} || [ ! -e ${quote(path)} ]`).join('\n')}
${hiddenFolders.map((path) => `[ ! -d ${quote(path)} ] || mount -t tmpfs -o mode=700,nosuid,nodev tmpfs ${quote(path)}`).join('\n')}
${readOnly.map(readOnlyLine).join('\n')}
${user.uid === 0 ? ROOT_LINES : ''}
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
cd -- ${quote(workingFolder)}
${Object.entries(user.other?.variables ?? {})
  .map(([name, value]) => `export ${name}=${quote(value)}`)
  .join('\n')}
read -r order <&6
exec 6<&-
exec setpriv ${[...identityWords(user), NO_CAPABILITIES].join(' ')} -- sh -c ${quote(first)} sallyport "$@"
`
}

/** Where root runs the command as somebody else. */
function identityWords({ uid, gid, other }: CommandUser): readonly string[] {
  return other === undefined ? [] : [`--reuid=${uid}`, `--regid=${gid}`, other.isKnown ? '--init-groups' : '--clear-groups']
}

/** Everything in /run talks to somebody outside, but for what is named. */
function runLines({ user: { uid, gid, other }, keptInRun }: Confinement): readonly string[] {
  return [
    `mount -t tmpfs -o mode=755,nosuid,nodev tmpfs ${PLACE.run}`,
    `mkdir -p -m 755 ${PLACE.run}/user`,
    `mkdir -m 700 ${PLACE.run}/user/${uid}`,
    ...(other === undefined ? [] : [`chown ${uid}:${gid} ${PLACE.run}/user/${uid}`]),
    ...keptInRun.map((path) => keepLine(path)),
    `mount --rbind ${PLACE.run} /run`,
    '[ -L /var/run ] || [ ! -d /var/run ] || mount --rbind /run /var/run',
  ]
}

/** A link is made again; of all else the name is made, and what was there bound to it. */
function keepLine(path: string): string {
  const [from, to] = [quote(path), quote(`${PLACE.run}${path.slice('/run'.length)}`)]
  const made = `mkdir -p "$(dirname ${to})"; if [ -d ${from} ]; then mkdir -p ${to}; else : >${to}; fi; mount --rbind ${from} ${to}`
  return `if [ -L ${from} ]; then cp -P ${from} ${to}; elif [ -e ${from} ]; then ${made}; fi`
}

/** What it covers may have been in /run, and is made again there. */
function coverLine(source: string, path: string): string {
  const target = quote(path)
  return `[ -e ${target} ] || { mkdir -p "$(dirname ${target})"; : >${target}; }
mount --bind ${source} ${target}
mount -o remount,bind,ro ${target}`
}

function readOnlyLine(path: string): string {
  const target = quote(path)
  return `if [ -e ${target} ]; then mount --bind ${target} ${target}; mount -o remount,bind,ro ${target}; fi`
}

/** User 0 owns what the machine is ruled by, without any capability: settings of the kernel, and its devices. */
const ROOT_LINES = `for path in /proc/sys /proc/sysrq-trigger /proc/irq /proc/bus /sys; do
  [ ! -e $path ] || { mount --rbind $path $path; mount -o remount,bind,ro $path; }
done
mount -t tmpfs -o mode=755,nosuid tmpfs ${PLACE.dev}
mkdir ${PLACE.dev}/pts ${PLACE.dev}/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts ${PLACE.dev}/pts
for name in null zero full random urandom tty; do : >${PLACE.dev}/$name; mount --bind /dev/$name ${PLACE.dev}/$name; done
ln -s pts/ptmx ${PLACE.dev}/ptmx
ln -s /proc/self/fd ${PLACE.dev}/fd
ln -s fd/0 ${PLACE.dev}/stdin
ln -s fd/1 ${PLACE.dev}/stdout
ln -s fd/2 ${PLACE.dev}/stderr
mount --rbind ${PLACE.dev} /dev`
