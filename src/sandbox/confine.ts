// How the command is started: what it sees, and what it may.

import { tableLine } from './mount.ts'
import { PLACE } from './plan.ts'
import { ORDERS, REPORTS } from './script.ts'
import { FIRST_PROCESS, HOLD_KEYS, quote } from './shell.ts'
import { REFUSE_UNSTARTABLE } from './unstartable.ts'
import type { CommandUser } from './user.ts'
import { CHECK, lastMountLine, type View } from './view.ts'

export interface Confinement {
  readonly view: View
  readonly workingFolder: string
  /** Its standard input is a terminal of its own, which it is to control. */
  readonly controlsTerminal: boolean
}

const NO_CAPABILITIES = '--no-new-privs --ambient-caps=-all --inh-caps=-all --bounding-set=-all'
const NAMESPACES = `--mount --ipc --pid -- sh -c ${quote(FIRST_PROCESS)} sallyport`

/**
 * The shell line that makes the sandbox, waits for the order to begin, and runs "$@" in the sandbox's network namespace, and in user, mount, IPC and PID namespaces of its own, as its user,
 * without capabilities. It ends with the command's exit code, 128 and more for a signal, as shells have it.
 */
export function commandLine(confinement: Confinement): string {
  const start = process.getuid!() === 0 ? startAsRoot : startAsUser
  return `nsenter --net=${PLACE.sandbox} -- ${start(confinement)} sallyport "$@"`
}

/** Whoever has no privilege can map one user, and that is the one. */
function startAsUser(confinement: Confinement): string {
  const { uid, gid } = confinement.view.user
  return `unshare --user --map-user=${uid} --map-group=${gid} --keep-caps ${NAMESPACES} sh -ec ${quote(confinementScript(confinement))}`
}

/** Root maps all users as they are; `mapLine` does it from outside. */
function startAsRoot(confinement: Confinement): string {
  const inner = `echo $$ >${PLACE.asks}; read -r mapped <${PLACE.mapped}; exec unshare ${NAMESPACES} sh -ec ${quote(confinementScript(confinement))} sallyport "$@"`
  return `unshare --user --keep-caps -- sh -ec ${quote(inner)}`
}

/** Run in the background before `commandLine`, as root: a user namespace is mapped by a process outside it, with one write for each map. */
export const MAP_LINES = `(
  read -r pid <${PLACE.asks}
  for kind in uid gid; do
    map=
    while read -r first outer count; do map="$map$first $first $count\\n"; done </proc/self/\${kind}_map
    printf "$map" >/proc/$pid/\${kind}_map
  done
  echo >${PLACE.mapped}
) ${ORDERS}<&- ${REPORTS}>&- &`

function confinementScript({ view, workingFolder, controlsTerminal }: Confinement): string {
  const { user } = view
  // A first process ignores signals that it does not handle, so the command is the second.
  const first = `${HOLD_KEYS}; exec 5>&2 2>/dev/null
${REFUSE_UNSTARTABLE}
(exec ${controlsTerminal ? 'setsid --ctty ' : ''}"$@" 2>&5 5>&-); exit $?`
  return `exec 6<${PLACE.begin}
. ${PLACE.check}
${tableLine(PLACE.newMounts, 'new')}
cp -pPR ${PLACE.skeleton}/. ${PLACE.world}
${tableLine(PLACE.binds, 'bind')}
${tableLine(PLACE.rbinds, 'rbind')}
${lastMountLine(view)}
${CHECK}
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
