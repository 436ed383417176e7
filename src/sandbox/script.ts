// The shell text that makes the namespaces. Shell, because a process with threads, as every Node.js is, cannot enter a user namespace.

import { DEVICE, GATEWAY, HOST, INNER_DEVICE, type Pair, PLACE, PREFIX_LENGTH, RESOLVER, RESOLVER_HOP, SANDBOX } from './plan.ts'

type Family = 4 | 6

/** The descriptors over which the gateway is told to go on, and tells. */
export const ORDERS = 3
export const REPORTS = 4

const SANDBOX_TABLE = 52
const OWN_TABLE = 53

export interface GatewayPlan {
  readonly families: readonly Family[]
  /** Bound below PLACE.zones, by name there. */
  readonly zones: Readonly<Record<string, string>>
  /** What goes on beside the command, and the line that starts it once all is ready; its words are "$@". */
  readonly beside: string
  readonly command: string
}

/**
 * What the first process of the gateway's PID namespace runs. It says "made" when the namespaces and the folder are there, and "up" when
 * the devices stand; it waits until the folder is furnished, makes the sandbox, has the command wait for the order to begin, says "exit N"
 * when that has ended, and stays until the orders end; then everything ends, whatever it is doing.
 */
export function gatewayScript({ families, zones, beside, command }: GatewayPlan): string {
  return `set -e
mount -t proc proc /proc
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /dev/shm
echo made >&${REPORTS}
mkdir ${PLACE.etc} ${PLACE.run} ${PLACE.dev} ${PLACE.zones} ${PLACE.zones}/allowed
${Object.entries(zones)
  .map(([name, folder]) => `mkdir ${PLACE.zones}/${name}\nmount --bind ${quote(folder)} ${PLACE.zones}/${name}`)
  .join('\n')}
: >${PLACE.gateway}
mount --bind /proc/self/ns/net ${PLACE.gateway}
: >${PLACE.sandbox}
unshare --net=${PLACE.sandbox} sh -ec ${quote(withoutDetection(families))}
${withoutDetection(families)}
${batch('ip', deviceLines)}
${families.map((family) => batch(`ip -${family}`, gatewayLines(family))).join('\n')}
nsenter --net=${PLACE.sandbox} sh -ec ${quote(sandboxScript(families))}
${forwardingLines(families).join('\n')}
echo up >&${REPORTS}
read -r furnished <&${ORDERS}
mkfifo ${PLACE.begin}
(exec 6<>${PLACE.begin}; read -r order <&${ORDERS} && echo >&6; read -r order <&${ORDERS} || :; kill -9 -1) ${REPORTS}>&- &
exec 5>&2 2>/dev/null
set +e
${HOLD_KEYS}
${beside}
${command} 2>&5 ${ORDERS}<&- ${REPORTS}>&- 5>&-
echo "exit $?" >&${REPORTS}
wait
`
}

/** Duplicate address detection would keep link-local addresses from being used for a second, and nobody can have the same. */
function withoutDetection(families: readonly Family[]): string {
  return families.includes(6) ? 'for each in all default; do echo 0 >/proc/sys/net/ipv6/conf/$each/accept_dad; done' : ':'
}

const deviceLines = [
  'link set lo up',
  `link add ${DEVICE.sandbox} type veth peer name ${INNER_DEVICE} netns ${PLACE.sandbox}`,
  `tuntap add ${DEVICE.sandboxUplink} mode tap`,
  `tuntap add ${DEVICE.resolverUplink} mode tap`,
  ...Object.values(DEVICE).map((device) => `link set ${device} up`),
]

/** What the gateway itself sends goes its own way; what it passes on does not. */
function gatewayLines(family: Family): readonly string[] {
  const { sandbox, sandboxUplink, resolverUplink } = DEVICE
  return [
    address(family, sandbox, GATEWAY),
    address(family, resolverUplink, RESOLVER),
    `route add default via ${HOST[family]} dev ${sandboxUplink} onlink`,
    `route add default via ${RESOLVER_HOP[family]} dev ${resolverUplink} table ${OWN_TABLE}`,
    `rule add iif lo lookup main suppress_prefixlength 0 pref ${SANDBOX_TABLE}`,
    `rule add iif lo lookup ${OWN_TABLE} pref ${OWN_TABLE}`,
  ]
}

function sandboxScript(families: readonly Family[]): string {
  return [
    batch('ip', ['link set lo up', `link set ${INNER_DEVICE} up`]),
    ...families.map((family) =>
      batch(`ip -${family}`, [address(family, INNER_DEVICE, SANDBOX), `route add default via ${GATEWAY[family]}`]),
    ),
  ].join('\n')
}

function batch(program: string, lines: readonly string[]): string {
  return `${program} -batch - <<'EOF'\n${lines.join('\n')}\nEOF`
}

/** Without duplicate address detection, so that it can be used at once. */
function address(family: Family, device: string, addresses: Pair): string {
  return `address add ${addresses[family]}/${PREFIX_LENGTH[family]} dev ${device}${family === 6 ? ' nodad' : ''}`
}

function forwardingLines(families: readonly Family[]): readonly string[] {
  const setting = { 4: 'ipv4/ip_forward', 6: 'ipv6/conf/all/forwarding' }
  return families.map((family) => `echo 1 >/proc/sys/net/${setting[family]}`)
}

/**
 * Keys of the terminal go to every process of its foreground: a shell that has said this outlives them, and what it starts gets
 * them as if it had not.
 */
export const HOLD_KEYS = 'trap : INT QUIT TERM'

/** The words that run a command that ends with whoever has started it, however that ends: prctl(2), PR_SET_PDEATHSIG. */
export const ENDS_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL', '--'] as const

/** Shell text that runs "$@" as the first process of the PID namespace that was made for the children of the shell, and as long as that lives. */
export const FIRST_PROCESS = `${HOLD_KEYS}; ${ENDS_WITH_PARENT.join(' ')} "$@"`

/** A word of the shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
